-- Runs that the ledger or a board calls in progress, and that no process computes
-- (runs_sweep.sql, boards_sweep.sql).
select
    concat(
        'run ', runs.run_id, ' (', runs.kind, ') is RUNNING since ',
        to_char(runs.started_at, 'YYYY-MM-DD HH24:MI'),
        ', and no session of dbt is connected'
    ) as finding
from app.etl_runs as runs
where
    runs.state = 'RUNNING'
    and runs.started_at < now() - interval '10 seconds'
    and not exists (
        select from pg_stat_activity as sessions
        where
            sessions.datname = current_database()
            and sessions.application_name = 'hedge-dbt'
    )
union all
select
    concat(
        'run ', runs.id, ' of board ', runs.leaderboard_key, ' is PROCESSING since ',
        to_char(runs.started_at, 'YYYY-MM-DD HH24:MI'),
        ', and no process computes it'
    ) as finding
from app.leaderboard_runs as runs
where
    runs.status = 'PROCESSING'
    and not exists (
        select from pg_locks as held
        where
            held.locktype = 'advisory'
            and held.database = (
                select known.oid from pg_database as known
                where known.datname = current_database()
            )
            and held.objsubid = 2
            and held.classid = %(board_lock)s::oid
            and held.objid::bigint
            = hashtext(runs.leaderboard_key)::bigint & 4294967295
    )
order by finding
