-- What holds the deploy lock, in words: the runs in progress, or else the sessions.
with

running as (

    select
        lower(kind) || ' run ' || run_id || ' (for '
        || to_char(now() - started_at, 'HH24:MI:SS') || ')' as words
    from app.etl_runs
    where state = 'RUNNING' and kind <> 'DEPLOY'
    order by run_id
    limit 3

),

holding as (

    select
        'the session ' || sessions.pid || ' ('
        || coalesce(nullif(sessions.application_name, ''), 'without a name') || ')'
            as words
    from pg_locks as locks
    inner join pg_stat_activity as sessions on locks.pid = sessions.pid
    where
        locks.locktype = 'advisory'
        and locks.granted
        and locks.pid <> pg_backend_pid()
        and locks.classid::bigint << 32 | locks.objid::bigint = %(key)s
        and locks.objsubid = 1
    order by sessions.pid
    limit 3

)

select coalesce(
    (select string_agg(running.words, ', ') from running),
    (select string_agg(holding.words, ', ') from holding),
    'a run'
)
