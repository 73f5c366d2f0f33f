-- The clusters whose values may have changed since an instant (the watermark of the
-- last successful run over all changes), and the watermark of this query.
--
-- is_every_cluster is true, and clusters null, where there is no such run, where a
-- deploy has changed the definitions since, where a season or its weights have changed,
-- begun or ended, and where naming the clusters would cost more than computing all of
-- them.
--
-- The watermark is a parameter, because the planner then knows its value. Looked up in
-- this query it would be unknown to the planner, which would read the raw tables whole.
with

last_full_run as (

    select
        started_at,
        seen_until,
        as_of
    from app.etl_runs
    where
        state = 'SUCCESS'
        and (kind = 'FULL' or (kind = 'INCREMENTAL' and scope_size is null))
    order by as_of desc, run_id desc
    limit 1

),

deploys as (

    select
        finished_at,
        definitions,
        lag(definitions) over (order by run_id) as previous_definitions
    from app.etl_runs
    where state = 'SUCCESS' and kind = 'DEPLOY'

),

changed as (

    select distinct changes.cluster_id
    from analytics.cluster_changes as changes
    where changes.changed_at >= %(since)s::timestamptz

),

decision as (

    select
        %(since)s::timestamptz is null
        or exists (
            select from deploys
            cross join last_full_run
            where
                deploys.finished_at > last_full_run.started_at
                and (
                    deploys.definitions is null
                    or deploys.definitions is distinct from deploys.previous_definitions
                )
        )
        or exists (
            select from app.seasons
            cross join last_full_run
            where
                seasons.is_active
                and (
                    seasons.changed_at >= last_full_run.seen_until
                    or (
                        seasons.starts_at > last_full_run.as_of
                        and seasons.starts_at <= coalesce(%(as_of)s::timestamptz, now())
                    )
                    or (
                        seasons.ends_at > last_full_run.as_of
                        and seasons.ends_at <= coalesce(%(as_of)s::timestamptz, now())
                    )
                )
        )
        or (select count(*) from changed)
        > greatest(200, %(largest_share)s * (select count(*) from app.wallet_clusters))
            as is_every_cluster

)

select
    decision.is_every_cluster,
    app.seen_until() as seen_until,
    case
        when not decision.is_every_cluster
            then array(
                select changed.cluster_id from changed
                order by changed.cluster_id
            )
    end as clusters
from decision
