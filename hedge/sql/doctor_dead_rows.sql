-- Tables of which most rows are dead, and were for a day: autovacuum does not reach
-- them, or an old transaction keeps it from removing the rows.
select
    format(
        '%s.%s has %s dead rows beside %s, and was last vacuumed %s',
        schemaname,
        relname,
        n_dead_tup,
        n_live_tup,
        coalesce(
            'at ' || to_char(
                greatest(last_vacuum, last_autovacuum), 'YYYY-MM-DD HH24:MI'
            ),
            'never'
        )
    ) as finding
from pg_stat_user_tables
where
    n_dead_tup > 100000
    and n_dead_tup > n_live_tup
    and coalesce(greatest(last_vacuum, last_autovacuum), '-infinity')
    < now() - interval '1 day'
order by schemaname, relname
