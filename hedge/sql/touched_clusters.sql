-- The clusters whose numbers may have moved since the last good run over everything new:
-- the instant up to which this sees changes, whether everyone is meant, and else who.
--
-- A run as of an earlier instant than another's does not count: what it saw, it could not
-- write. Everyone is meant when there was no such run, when a deploy brought other
-- definitions since, when a season or its weights changed, began or ended, or when naming
-- the clusters would cost more than computing all.
with

last_run as (

    select seen_until, started_at
    from app.etl_runs
    where state = 'SUCCESS' and kind in ('FULL', 'INCREMENTAL')
    order by as_of desc, run_id desc
    limit 1

),

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
        definitions is distinct from lag(definitions) over (order by run_id)
        or definitions is null as is_change
    from app.etl_runs
    where state = 'SUCCESS' and kind = 'DEPLOY'

),

touched as (

    select distinct changes.cluster_id
    from analytics.cluster_changes as changes
    where changes.changed_at >= (select seen_until from last_run)

),

decision as (

    select
        not exists (select from last_run)
        or exists (
            select from deploys
            where is_change and finished_at > (select started_at from last_full_run)
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
    app.seen_until() as seen_until,
    decision.is_everyone,
    case
        when not decision.is_everyone
            then array(select cluster_id from touched order by cluster_id)
    end as clusters
from decision
