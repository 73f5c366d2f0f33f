-- The tables that a file can be loaded into: all tables of raw except rejected_rows.
select relation.relname as name
from pg_class as relation
inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
where
    namespace.nspname = 'raw'
    and relation.relkind in ('r', 'p')
    and relation.relname <> 'rejected_rows'
order by relation.relname
