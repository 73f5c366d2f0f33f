-- The views of schema analytics that an earlier deploy has recorded and the deployed
-- project no longer has, and the functions that return rows of a view and are obsolete:
-- those of these views, and those of an older version, which named them
-- VIEW_planned_apart.
with

existing as (

    select
        relations.oid,
        relations.relname,
        relations.reltype,
        recorded.name is not null
        and relations.relname <> all(%(views)s) as is_obsolete
    from pg_class as relations
    left join app.deployed_views as recorded on relations.relname = recorded.name
    where
        relations.relnamespace = 'analytics'::regnamespace
        and relations.relkind = 'v'

),

view_functions as (

    select
        procs.oid,
        existing.is_obsolete,
        procs.proname = existing.relname || '_planned_apart' as has_old_name
    from pg_proc as procs
    inner join existing on procs.prorettype = existing.reltype
    where
        procs.pronamespace = 'analytics'::regnamespace
        and procs.proname in (
            existing.relname || '_rows', existing.relname || '_planned_apart'
        )

)

select
    'function' as kind,
    oid::regprocedure::text as name
from view_functions
where is_obsolete or has_old_name

union all

select
    'view' as kind,
    oid::regclass::text as name
from existing
where is_obsolete
order by kind, name
