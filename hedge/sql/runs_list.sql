-- The newest runs; with a bound, only those with a smaller run_id.
select
    run_id,
    kind,
    scope_size,
    as_of,
    state,
    started_at,
    finished_at,
    models,
    error,
    note
from app.etl_runs
where run_id < %(before)s or %(before)s::bigint is null
order by run_id desc
limit %(limit)s
