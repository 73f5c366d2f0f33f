-- Closes the row of a run that was cancelled, with the marts that it had written. dbt
-- may have closed it as FAILED, because its statements were cancelled, or was killed.
update app.etl_runs
set
    state = 'CANCELLED',
    finished_at = coalesce(finished_at, clock_timestamp()),
    models = case when models = '[]' then %(marts)s else models end,
    error = %(error)s
where invocation_id = %(invocation)s and state in ('RUNNING', 'FAILED')
