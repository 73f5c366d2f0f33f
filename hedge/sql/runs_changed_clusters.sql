-- The clusters whose values may have changed, by the change notes that this run has
-- taken (app.take_changes); by all that are there where it could take none.
--
-- is_every_cluster is true, and clusters null, where a note concerns everything, where
-- the changes of a table are not noted, where no run has computed every cluster since a
-- deploy changed the definitions or a season began or ended, and where naming the
-- clusters would cost more than computing all of them.
with

last_full_run as (

    select
        started_at,
        as_of
    from app.etl_runs
    where
        state in ('SUCCESS', 'PARTIAL')
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
    where coalesce(changes.taken_by = %(taken_by)s, %(taken_by)s::text is null)
    union
    -- those of which an earlier run left something out
    select unnest(%(others)s::text[]) as cluster_id

),

decision as (

    select
        not exists (select from last_full_run)
        or not app.is_every_change_noted()
        or exists (
            select from app.change_notes as notes
            where
                notes.kind = 'everything'
                and coalesce(notes.taken_by = %(taken_by)s, %(taken_by)s::text is null)
        )
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
                    (
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
    case
        when not decision.is_every_cluster
            then array(
                select changed.cluster_id from changed
                order by changed.cluster_id
            )
    end as clusters
from decision
