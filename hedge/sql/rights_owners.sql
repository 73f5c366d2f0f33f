-- The statements by which the schemas of Hedge, and what is in them, get the owners
-- that they are to have, in the order in which they are to be executed. `may` says
-- whether the current role may execute one, `what` says it in words.
--
-- In analytics, which others may use for views of their own, only what a deploy has
-- created, and what belongs to the owner of the schema or of the facts, gets an owner.
with

wanted as (

    select
        given.name as schema_name,
        owners.rolname as owner_name,
        owners.oid as owner_id,
        namespaces.oid as schema_id,
        namespaces.nspowner as old_owner,
        given.place
    from
        unnest(%(schemas)s::text[], %(owners)s::text[]) with ordinality
            as given (name, owner_name, place)
    inner join pg_roles as owners on given.owner_name = owners.rolname
    left join pg_namespace as namespaces on given.name = namespaces.nspname

),

of_schemas as (

    select
        wanted.place as step,
        wanted.owner_name,
        wanted.owner_id,
        wanted.old_owner,
        case
            when wanted.schema_id is null
                then
                    format(
                        'create schema %%I authorization %%I',
                        wanted.schema_name, wanted.owner_name
                    )
            else
                format(
                    'alter schema %%I owner to %%I',
                    wanted.schema_name, wanted.owner_name
                )
        end as command,
        format('owns the schema %%s', wanted.schema_name) as what
    from wanted
    where wanted.old_owner is distinct from wanted.owner_id

),

contents as (

    select
        relations.relnamespace as schema_id,
        relations.relowner as old_owner,
        'table' as kind,
        relations.oid::regclass::text as name,
        relations.relname as short_name
    from pg_class as relations
    where
        relations.relkind in ('r', 'p', 'v', 'm', 'S')
        -- the sequence of a column follows its table
        and not exists (
            select from pg_depend as parts
            where
                parts.classid = 'pg_class'::regclass
                and relations.oid = parts.objid
                and parts.refobjsubid > 0
                and parts.deptype in ('a', 'i')
        )

    union all

    select
        procs.pronamespace as schema_id,
        procs.proowner as old_owner,
        'routine' as kind,
        procs.oid::regprocedure::text as name,
        coalesce(results.typname, '') as short_name
    from pg_proc as procs
    left join pg_type as results on procs.prorettype = results.oid

    union all

    select
        kinds.typnamespace as schema_id,
        kinds.typowner as old_owner,
        'type' as kind,
        kinds.oid::regtype::text as name,
        '' as short_name
    from pg_type as kinds
    left join pg_class as composites on kinds.typrelid = composites.oid
    where kinds.typtype in ('e', 'd') or composites.relkind = 'c'

),

of_contents as (

    select
        wanted.place + 100 as step,
        wanted.owner_name,
        wanted.owner_id,
        contents.old_owner,
        format(
            'alter %%s %%s owner to %%I',
            contents.kind, contents.name, wanted.owner_name
        ) as command,
        format('owns the %%s %%s', contents.kind, contents.name) as what
    from contents
    inner join wanted on contents.schema_id = wanted.schema_id
    where
        contents.old_owner <> wanted.owner_id
        and (
            wanted.schema_name <> 'analytics'
            or contents.old_owner = wanted.old_owner
            or contents.old_owner in (select ours.owner_id from wanted as ours)
            or contents.short_name = any(%(deployed)s::text[])
        )

)

select
    changes.owner_name as role_name,
    changes.what,
    changes.command,
    pg_has_role(changes.owner_id, 'usage')
    and case
        when changes.old_owner is null
            then has_database_privilege(current_catalog, 'create')
        else pg_has_role(changes.old_owner, 'usage')
    end as may
from (
    select * from of_schemas
    union all
    select * from of_contents
) as changes
order by changes.step, changes.command
