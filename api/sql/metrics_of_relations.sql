-- The tables of Hedge: their live and dead rows, as the statistics of PostgreSQL
-- estimate them, and their size with indexes.
select
    n_live_tup as live_rows,
    n_dead_tup as dead_rows,
    concat(schemaname, '.', relname) as relation,
    pg_total_relation_size(relid) as size_in_bytes
from pg_stat_user_tables
where schemaname in ('raw', 'app', 'analytics', 'procrastinate')
order by schemaname, relname
