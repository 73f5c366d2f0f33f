-- The sessions that hold a lock on a relation of the schemas, the oldest first.
select
    sessions.pid,
    sessions.application_name,
    date_trunc('second', now() - sessions.xact_start)::text as open_for
from pg_stat_activity as sessions
where
    sessions.pid <> pg_backend_pid()
    and sessions.datname = current_database()
    and exists (
        select from pg_locks as held
        inner join pg_class as relations on held.relation = relations.oid
        where
            held.pid = sessions.pid
            and held.granted
            and relations.relnamespace::regnamespace::text = any(%(schemas)s)
    )
order by sessions.xact_start nulls last
limit 3
