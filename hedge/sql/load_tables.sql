-- The tables that a file can be loaded into: all tables of raw except those for
-- rejected and removed rows and for the keys of versions that were left out.
select relations.relname as name
from pg_class as relations
inner join pg_namespace as namespaces on relations.relnamespace = namespaces.oid
where
    namespaces.nspname = 'raw'
    and relations.relkind in ('r', 'p')
    and relations.relname not in (
        'rejected_rows', 'removed_facts', 'left_out_heroes', 'left_out_pets'
    )
order by relations.relname
