-- Marks runs as FAILED whose process has died.
update app.etl_runs
set
    state = 'FAILED',
    finished_at = now(),
    error = %(error)s
where run_id = any(%(runs)s) and state = 'RUNNING'
