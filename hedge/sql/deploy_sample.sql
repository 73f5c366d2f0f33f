-- Clusters to compute alone, most of them with rows in the temporary table computed. A
-- hash takes them, so that they are the same from deploy to deploy.
select clusters.cluster_id
from app.wallet_clusters as clusters
order by
    clusters.cluster_id in (
        select computed.cluster_id from computed
        where computed.window_key = 'rolling_180d'
    ) desc,
    md5(clusters.cluster_id)
limit %(size)s
