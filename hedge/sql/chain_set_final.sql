-- Sets the highest block that is final, as a person has decided.
update app.chain_followers
set
    final_number = %(final)s, failing_since = null, error = null, is_halted = false
where chain_id = %(chain)s
