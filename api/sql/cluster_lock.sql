-- A cluster, locked until the transaction ends: what happens to its wallets is one
-- after the other.
select player_id from app.wallet_clusters
where cluster_id = %(cluster)s for update
