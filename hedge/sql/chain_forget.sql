-- Forgets what the follower of a chain has said.
delete from app.chain_followers
where chain_id = %(chain)s
returning chain_id
