-- Whether a cluster exists.
select cluster_id from app.wallet_clusters where cluster_id = %(cluster)s
