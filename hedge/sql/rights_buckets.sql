-- The statements by which buckets, whose tables inherit from those of raw and
-- analytics, get the owners and rights that app.split_into_buckets gives them: a
-- database may have been divided before roles were recorded. `may` says whether the
-- current role may execute one, `what` says it in words.
with

owners as (

    select
        given.name as schema_name,
        known.rolname,
        known.oid as role_id
    from unnest(%(schemas)s::text[], %(owners)s::text[]) as given (name, owner_name)
    inner join pg_roles as known on given.owner_name = known.rolname

),

runs as (

    select
        owners.rolname,
        owners.role_id
    from owners
    where owners.schema_name = 'analytics'

),

parts as (

    select
        namespaces.oid as schema_id,
        namespaces.nspname,
        namespaces.nspowner,
        children.oid as table_id,
        children.relowner,
        owners.rolname as owner_name,
        owners.role_id as owner_id
    from pg_namespace as namespaces
    inner join pg_class as children on namespaces.oid = children.relnamespace
    inner join pg_inherits as inheriting on children.oid = inheriting.inhrelid
    inner join pg_class as parents on inheriting.inhparent = parents.oid
    inner join pg_namespace as of_parents on parents.relnamespace = of_parents.oid
    inner join owners on of_parents.nspname = owners.schema_name
    where namespaces.nspname ~ '^bucket_[0-9]+$'

),

changes as (

    select distinct
        1 as step,
        runs.rolname as role_name,
        runs.role_id,
        parts.nspowner as old_owner,
        format('owns the schema %%s', parts.nspname) as what,
        format('alter schema %%I owner to %%I', parts.nspname, runs.rolname) as command
    from parts
    cross join runs
    where parts.nspowner <> runs.role_id

    union all

    select
        2 as step,
        parts.owner_name as role_name,
        parts.owner_id as role_id,
        parts.relowner as old_owner,
        format('owns the table %%s', parts.table_id::regclass) as what,
        format(
            'alter table %%s owner to %%I', parts.table_id::regclass, parts.owner_name
        ) as command
    from parts
    where parts.relowner <> parts.owner_id

    union all

    select
        3 as step,
        runs.rolname as role_name,
        runs.role_id,
        parts.owner_id as old_owner,
        format('writes the table %%s', parts.table_id::regclass) as what,
        format(
            'grant select, insert, update, delete on %%s to %%I',
            parts.table_id::regclass, runs.rolname
        ) as command
    from parts
    cross join runs
    where
        parts.owner_id <> runs.role_id
        and (
            -- what it may as the owner ends with that
            parts.relowner = runs.role_id
            or not (
                has_table_privilege(runs.role_id, parts.table_id, 'select')
                and has_table_privilege(runs.role_id, parts.table_id, 'insert')
                and has_table_privilege(runs.role_id, parts.table_id, 'update')
                and has_table_privilege(runs.role_id, parts.table_id, 'delete')
            )
        )

    union all

    select distinct
        4 as step,
        runs.rolname as role_name,
        runs.role_id,
        copies.relowner as old_owner,
        format('owns the view %%s', copies.oid::regclass) as what,
        format('alter view %%s owner to %%I', copies.oid::regclass, runs.rolname)
            as command
    from parts
    inner join pg_class as copies
        on parts.schema_id = copies.relnamespace and copies.relkind = 'v'
    cross join runs
    where copies.relowner <> runs.role_id

)

select
    changes.role_name,
    changes.what,
    changes.command,
    pg_has_role(changes.role_id, 'usage')
    and pg_has_role(changes.old_owner, 'usage') as may
from changes
order by changes.step, changes.command
