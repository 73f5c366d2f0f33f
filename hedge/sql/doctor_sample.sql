-- Clusters to compute anew, chosen by chance: of those that were computed as of the
-- instant of which most are, and of which no change is noted. Others would differ
-- rightly.
with

verified as (

    select
        metrics.cluster_id,
        greatest(metrics.last_computed_at, verified.verified_to) as as_of
    from analytics.cluster_metrics as metrics
    left join
        lateral app.metrics_verified(metrics.window_key, metrics.cluster_id) as verified
        on true
    -- full runs leave the windows alone that boards had for themselves
    where metrics.window_key in (select windows.window_key from analytics.windows)

),

computed as (

    select
        cluster_id,
        min(as_of) as as_of
    from verified
    group by cluster_id
    having min(as_of) = max(as_of)

),

unchanged as (

    select
        computed.cluster_id,
        computed.as_of
    from computed
    inner join app.wallet_clusters as clusters
        on computed.cluster_id = clusters.cluster_id
    where
        computed.cluster_id <> all(%(changed)s::text[])
        and computed.cluster_id not in (
            select requests.cluster_id from app.etl_requests as requests
            where requests.cluster_id is not null
        )

),

instant as (

    select unchanged.as_of
    from unchanged
    group by unchanged.as_of
    order by count(*) desc, unchanged.as_of desc
    limit 1

),

sample as (

    select
        unchanged.cluster_id,
        unchanged.as_of
    from unchanged
    inner join instant on unchanged.as_of = instant.as_of
    order by random()
    limit %(sample)s

)

select
    as_of,
    array_agg(cluster_id order by cluster_id) as clusters
from sample
group by as_of
