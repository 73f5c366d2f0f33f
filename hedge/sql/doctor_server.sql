-- Settings and limits of the server by which it comes to a standstill.
select
    format(
        'the server is PostgreSQL %%s, and %%s is the oldest that is supported',
        current_setting('server_version'), %(oldest)s::int
    ) as finding
where current_setting('server_version_num')::int < %(oldest)s::int * 10000
union all
select format('%%s is off', name)
from pg_settings
where
    name in ('autovacuum', 'track_counts')
    and setting = 'off'
union all
select
    format(
        '%%s of %%s connections are in use',
        count(*), current_setting('max_connections')
    )
from pg_stat_activity
where backend_type = 'client backend'
having count(*) > 0.9 * current_setting('max_connections')::int
union all
select format('transaction ids are used up soon: the oldest one is %%s old', age)
from (
    select age(datfrozenxid) as age
    from pg_database
    where datname = current_catalog
) as ages
where age > 1000000000
order by finding
