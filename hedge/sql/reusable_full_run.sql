-- The newest full run as of an instant, if the newest deploy before it brought the
-- given definitions and no load, link or change of a season came after it.
select
    runs.run_id,
    runs.kind,
    runs.scope_size,
    runs.as_of,
    runs.state,
    runs.started_at,
    runs.finished_at,
    runs.models,
    runs.error
from app.etl_runs as runs
where
    runs.run_id = (
        select max(full_runs.run_id) from app.etl_runs as full_runs
        where
            full_runs.kind = 'FULL'
            and full_runs.state = 'SUCCESS'
            and full_runs.as_of = %(as_of)s
    )
    and (
        select deploys.definitions from app.etl_runs as deploys
        where deploys.kind = 'DEPLOY' and deploys.state = 'SUCCESS'
        order by deploys.run_id desc
        limit 1
    ) = %(definitions)s
    and not exists (
        select from analytics.cluster_changes as changes
        where changes.changed_at >= runs.seen_until
    )
    and not exists (
        select from app.seasons
        where seasons.changed_at >= runs.seen_until
    )
