-- Runs whose process has died: they are RUNNING, and no session of dbt is connected. A
-- run of the last seconds may not have connected yet.
select
    run_id,
    kind,
    to_char(started_at, 'YYYY-MM-DD HH24:MI') as since
from app.etl_runs
where
    state = 'RUNNING'
    and started_at < now() - interval '10 seconds'
    and not exists (
        select from pg_stat_activity as sessions
        where
            sessions.datname = current_database()
            and sessions.application_name = 'hedge-dbt'
    )
order by run_id
