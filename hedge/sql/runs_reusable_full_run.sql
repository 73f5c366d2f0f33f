-- The newest full run as of an instant, if it used the given definitions and nothing
-- that it reads (facts, links, seasons) has changed since.
select
    runs.run_id,
    runs.kind,
    runs.scope_size,
    runs.as_of,
    runs.state,
    runs.started_at,
    runs.finished_at,
    runs.models,
    runs.error,
    runs.note
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
    -- no change is noted that no run has computed, nor was one computed by a later run
    and not exists (
        select from app.change_notes as notes
        where
            notes.due_at < runs.as_of
            and coalesce(notes.from_at, '-infinity') < runs.as_of
    )
    and not exists (
        select from app.etl_runs as later_runs
        where
            later_runs.run_id > runs.run_id
            and later_runs.kind in ('INCREMENTAL', 'CLUSTER')
            and later_runs.scope_size is distinct from 0
    )
