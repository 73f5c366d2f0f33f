-- Marks board runs as FAILED whose process has died: no session holds the advisory lock
-- of the board, which a process holds until its run ends. The lock of this session does
-- not count: it is taken before a run begins, so a run that is PROCESSING is another's.
update app.leaderboard_runs as runs
set
    status = 'FAILED',
    error = 'the process ended before the run did',
    finished_at = now()
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
            and held.objid::bigint = hashtext(runs.leaderboard_key)::bigint & 4294967295
    )
