-- The clusters whose numbers may have moved since an instant, up to which the last good
-- run over everything new saw changes: the instant up to which this sees them, whether
-- everyone is meant, and else who.
--
-- Everyone is meant when there was no such run, when a deploy brought other definitions
-- since, when a season or its weights changed, began or ended, or when naming the
-- clusters would cost more than computing all. The instant is a parameter, because
-- PostgreSQL plans with its value; looked up in here, it could lie anywhere, and raw
-- tables would be read whole.
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

touched as (

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
        or (select count(*) from touched)
        > greatest(200, %(largest_share)s * (select count(*) from app.wallet_clusters))
            as is_everyone

)

select
    decision.is_everyone,
    app.seen_until() as seen_until,
    case
        when not decision.is_everyone
            then array(
                select touched.cluster_id from touched
                order by touched.cluster_id
            )
    end as clusters
from decision
