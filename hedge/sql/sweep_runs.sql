-- Runs that are marked as running while no session of dbt is left: their process died.
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
