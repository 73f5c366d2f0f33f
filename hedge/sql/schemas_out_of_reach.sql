-- Of these schemas, the first one that this role can neither create nor change: its
-- name and its owner, null where it is missing. Migrations and deploys need them all.
select
    wanted.schema_name,
    namespaces.nspowner::regrole::text as owner_name,
    current_user as role_name,
    current_catalog as database_name
from unnest(%(schemas)s::text[]) with ordinality as wanted (schema_name, place)
left join pg_namespace as namespaces on wanted.schema_name = namespaces.nspname
where
    case
        when namespaces.oid is null
            then not has_database_privilege(current_catalog, 'create')
        else not pg_has_role(namespaces.nspowner, 'usage')
    end
order by wanted.place
limit 1
