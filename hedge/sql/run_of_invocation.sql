-- The ledger row of one invocation of dbt.
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
where invocation_id = %(invocation)s
