-- Transactions of other sessions that have been open for an hour, and waits for a lock
-- of five minutes. Either holds up deploys, and an old one VACUUM.
with

sessions as (

    select
        pid,
        usename,
        xact_start,
        query_start,
        coalesce(nullif(application_name, ''), 'without a name') as program_name,
        wait_event_type = 'Lock' as waits_for_lock,
        pg_blocking_pids(pid) as blocked_by
    from pg_stat_activity
    where
        datname = current_catalog
        and pid <> pg_backend_pid()
        and backend_type = 'client backend'

)

select
    format(
        'session %s (%s, %s) has a transaction open since %s',
        pid, usename, program_name, to_char(xact_start, 'YYYY-MM-DD HH24:MI')
    ) as finding
from sessions
where xact_start < now() - interval '1 hour'
union all
select
    format(
        'session %s (%s, %s) has waited since %s for a lock of session %s',
        pid, usename, program_name, to_char(query_start, 'YYYY-MM-DD HH24:MI'),
        array_to_string(blocked_by, ', ')
    ) as finding
from sessions
where waits_for_lock and query_start < now() - interval '5 minutes'
order by finding
