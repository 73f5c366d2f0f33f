-- The run that one invocation of dbt recorded.
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
where invocation_id = %(invocation)s
