-- A cluster and its player; no row where there is no such cluster.
select
    cluster_id,
    player_id
from app.wallet_clusters
where cluster_id = %(cluster)s
