-- The player of a cluster. The lock makes two changes to the cluster's wallets run one
-- after the other.
select player_id from app.wallet_clusters
where cluster_id = %(cluster)s for update
