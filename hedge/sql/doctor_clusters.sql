-- Clusters without rows in the marts, and rows of clusters that do not exist, where no
-- change is noted and no request waits that would explain it.
with

expected as (

    select cluster_id from app.etl_requests
    where kind = 'CLUSTER'
    union
    select key as cluster_id from app.change_notes
    where kind = 'cluster'

),

lacking as (

    select clusters.cluster_id
    from app.wallet_clusters as clusters
    where
        not exists (
            select from analytics.cluster_metrics as metrics
            where metrics.cluster_id = clusters.cluster_id
        )
        and clusters.cluster_id not in (select expected.cluster_id from expected)
        -- that of an account which was merged into another has no values of its own
        and not exists (
            select from app.cluster_merges as merged
            where merged.absorbed = clusters.cluster_id and merged.undone_at is null
        )

),

left_over as (

    select distinct marts.cluster_id
    from (
        select cluster_id from analytics.cluster_metrics
        union
        select cluster_id from analytics.challenge_progress
        union
        select cluster_id from analytics.tier_unlocks
        union
        select cluster_id from analytics.season_progress
        union
        select cluster_id from analytics.leaderboard_entries
    ) as marts
    where
        not exists (
            select from app.wallet_clusters as clusters
            where clusters.cluster_id = marts.cluster_id
        )
        and marts.cluster_id not in (select expected.cluster_id from expected)

)

select format('cluster %s has no metrics', cluster_id) as finding
from lacking
union all
select format('the marts have rows of cluster %s, which does not exist', cluster_id)
from left_over
order by finding
