-- The newest run that a request caused and that has computed something; first one that
-- left something out.
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
where
    %(cause)s = any(caused_by)
    and state in ('SUCCESS', 'PARTIAL')
    and started_at >= %(since)s
order by (state = 'PARTIAL') desc, run_id desc
limit 1
