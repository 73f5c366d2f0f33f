-- Whether a cluster exists, and whose it is.
select
    cluster_id,
    player_id
from app.wallet_clusters
where cluster_id = %(cluster)s
