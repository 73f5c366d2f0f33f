-- Indexes that PostgreSQL does not use, because creating them was interrupted.
select
    format(
        '%s on %s is invalid',
        pg_index.indexrelid::regclass,
        pg_index.indrelid::regclass
    ) as finding
from pg_index
inner join pg_class on pg_index.indexrelid = pg_class.oid
inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
where
    pg_namespace.nspname in ('raw', 'app', 'analytics', 'procrastinate')
    and not (pg_index.indisvalid and pg_index.indisready)
    and pg_index.indexrelid not in (
        select progress.index_relid from pg_stat_progress_create_index as progress
    )
order by finding
