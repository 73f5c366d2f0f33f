-- The tables that a file can be loaded into: the contract, so all of raw but what was rejected.
select class.relname as name
from pg_class as class
inner join pg_namespace as namespace on class.relnamespace = namespace.oid
where
    namespace.nspname = 'raw'
    and class.relkind in ('r', 'p')
    and class.relname <> 'rejected_rows'
order by name
