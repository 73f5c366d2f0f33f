-- Marks runs as FAILED whose process has died: they are RUNNING, and no session of dbt
-- is connected. A run of the last seconds may not have connected yet.
update app.etl_runs
set
    state = 'FAILED',
    finished_at = now(),
    error = 'the process ended before the run did'
where
    state = 'RUNNING'
    and started_at < now() - interval '10 seconds'
    and not exists (
        select from pg_stat_activity
        where
            datname = current_database()
            and application_name = 'hedge-dbt'
    )
