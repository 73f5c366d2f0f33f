-- The views of schema analytics that an earlier deploy has recorded and the deployed project
-- no longer has, and the functions that return rows of a view and are obsolete: those of
-- these views, and those of an older version, which named them VIEW_planned_apart.
with

views as (

    select
        views.oid,
        views.relname,
        views.reltype,
        recorded.name is not null and views.relname <> all(%(views)s) as is_obsolete
    from pg_class as views
    left join app.deployed_views as recorded on views.relname = recorded.name
    where views.relnamespace = 'analytics'::regnamespace and views.relkind = 'v'

),

functions as (

    select
        functions.oid,
        views.is_obsolete,
        functions.proname = views.relname || '_planned_apart' as has_old_name
    from pg_proc as functions
    inner join views on functions.prorettype = views.reltype
    where
        functions.pronamespace = 'analytics'::regnamespace
        and functions.proname in (
            views.relname || '_rows', views.relname || '_planned_apart'
        )

)

select
    'function' as kind,
    oid::regprocedure::text as name
from functions
where is_obsolete or has_old_name

union all

select
    'view' as kind,
    oid::regclass::text as name
from views
where is_obsolete
order by kind, name
