-- The newest runs of the ledger.
select
    run_id,
    kind,
    scope_size,
    as_of,
    state,
    started_at,
    finished_at,
    models,
    error
from app.etl_runs
order by run_id desc
limit %(limit)s
