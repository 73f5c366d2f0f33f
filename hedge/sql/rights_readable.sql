-- Whether the record of roles exists, and the current role may read it. A function of
-- names would fail where the role may not use the schema.
select
    bool_and(
        has_schema_privilege(relations.relnamespace, 'usage')
        and has_table_privilege(relations.oid, 'select')
    )
from pg_class as relations
inner join pg_namespace as namespaces on relations.relnamespace = namespaces.oid
where namespaces.nspname = 'app' and relations.relname = 'database_roles'
