-- The newest run with undone definitions that wrote rows: the full run of an undo must
-- not be as of an earlier instant.
select
    run_id,
    as_of
from app.etl_runs
where
    run_id >= %(since_run)s
    and kind <> 'DEPLOY'
    and coalesce(definitions, 'unknown') = any(%(undone)s)
order by as_of desc
limit 1
