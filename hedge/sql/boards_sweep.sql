-- Marks board runs as FAILED whose process has died: no session holds the advisory lock
-- of the board, which a process holds until its run ends. The lock of this session does
-- not count: it is taken before a run begins, so a run that is PROCESSING is another's.
-- The runs are locked in the order of their ids, as wherever several runs are written.
with locked as (
    select runs.id
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
    for update of runs
)

update app.leaderboard_runs as runs
set
    status = 'FAILED',
    error = 'the process ended before the run did',
    finished_at = now()
from locked
where runs.id = locked.id
