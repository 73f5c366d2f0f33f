-- Closes the row of a run that was cancelled, with the marts that it had written. dbt
-- may have closed it as FAILED, because its statements were cancelled.
update app.etl_runs
set
    state = 'CANCELLED',
    finished_at = coalesce(finished_at, clock_timestamp()),
    error = %(error)s
where invocation_id = %(invocation)s and state in ('RUNNING', 'FAILED')
