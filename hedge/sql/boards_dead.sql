-- Board runs whose process has died: they are PROCESSING, and no session holds the
-- advisory lock of the board, which a process holds until its run ends. The lock of
-- this session does not count: it is taken before a run begins, so a run that is
-- PROCESSING is another's.
select
    runs.id,
    runs.leaderboard_key,
    to_char(runs.started_at, 'YYYY-MM-DD HH24:MI') as since
from app.leaderboard_runs as runs
where
    runs.status = 'PROCESSING'
    and not exists (
        select from pg_locks as held
        where
            held.locktype = 'advisory'
            and held.pid <> pg_backend_pid()
            and held.database = (
                select known.oid from pg_database as known
                where known.datname = current_database()
            )
            and held.objsubid = 2
            and held.classid = %(lock)s::oid
            and held.objid::bigint
            = hashtext(runs.leaderboard_key)::bigint & 4294967295
    )
order by runs.id
