-- Those of the given clusters that do not exist.
select named.cluster_id
from unnest(%(clusters)s::text[]) as named (cluster_id)
where
    not exists (
        select from app.wallet_clusters as known
        where known.cluster_id = named.cluster_id
    )
