-- Notes the highest block that is final, which never falls.
update app.chain_followers
set final_number = greatest(final_number, %(final)s)
where chain_id = %(chain)s
