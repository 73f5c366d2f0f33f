-- How many other clients are connected to this database, and the names that their
-- programs give; no row where there are none.
select
    count(*) as sessions,
    string_agg(
        distinct coalesce(nullif(application_name, ''), 'without a name'), ', '
    ) as programs
from pg_stat_activity
where
    datname = current_catalog
    and pid <> pg_backend_pid()
    and backend_type = 'client backend'
having count(*) > 0
