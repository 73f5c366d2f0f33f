-- What holds the deploy lock, in words: the runs in progress, or else the sessions.
with

runs_in_progress as (

    select
        lower(kind) || ' run ' || run_id || ' (for '
        || to_char(now() - started_at, 'HH24:MI:SS') || ')' as words
    from app.etl_runs
    where state = 'RUNNING' and kind <> 'DEPLOY'
    order by run_id
    limit 3

),

holders as (

    select
        'the session ' || sessions.pid || ' ('
        || coalesce(nullif(sessions.application_name, ''), 'without a name') || ')'
            as words
    from pg_locks as held
    inner join pg_stat_activity as sessions on held.pid = sessions.pid
    where
        held.locktype = 'advisory'
        and held.granted
        and held.pid <> pg_backend_pid()
        and held.classid::bigint << 32 | held.objid::bigint = %(key)s
        and held.objsubid = 1
    order by sessions.pid
    limit 3

)

select coalesce(
    (select string_agg(runs_in_progress.words, ', ') from runs_in_progress),
    (select string_agg(holders.words, ', ') from holders),
    'a run'
)
