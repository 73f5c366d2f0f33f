-- Marks board runs as FAILED whose process has died: no session holds the advisory lock of the
-- board, which a process holds until its run ends.
update app.leaderboard_runs as runs
set
    status = 'FAILED',
    error = 'the process ended before the run did',
    finished_at = now()
where
    runs.status = 'PROCESSING'
    and not exists (
        select from pg_locks as locks
        where
            locks.locktype = 'advisory'
            and locks.database = (
                select oid from pg_database where datname = current_database()
            )
            and locks.objsubid = 2
            and locks.classid = %(lock)s::oid
            and locks.objid::bigint = hashtext(runs.leaderboard_key)::bigint & 4294967295
    )
