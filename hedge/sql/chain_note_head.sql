-- Notes what a node says its head is.
update app.chain_followers
set head_number = %(head)s, asked_at = now()
where chain_id = %(chain)s
