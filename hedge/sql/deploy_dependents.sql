-- The views that PostgreSQL has to drop together with the named relations of schema
-- analytics: those that read them or a function that returns their rows, directly or
-- through others. A row per view, the one furthest from them first.
with recursive

dependents as (

    select
        relations.oid,
        0 as distance
    from pg_class as relations
    where
        relations.relnamespace = 'analytics'::regnamespace
        and relations.relname = any(%(names)s)

    union

    select
        rules.ev_class as oid,
        dependents.distance + 1 as distance
    from dependents
    inner join pg_class as relations on dependents.oid = relations.oid
    left join pg_proc as procs on relations.reltype = procs.prorettype
    inner join pg_depend as uses
        on
            (
                uses.refclassid = 'pg_class'::regclass
                and dependents.oid = uses.refobjid
            )
            or (
                uses.refclassid = 'pg_proc'::regclass
                and procs.oid = uses.refobjid
            )
    inner join pg_rewrite as rules
        on uses.classid = 'pg_rewrite'::regclass and uses.objid = rules.oid
    where rules.ev_class <> dependents.oid

)

select
    namespaces.nspname as schema_name,
    relations.relname as name,
    relations.relkind::text as kind,
    namespaces.nspname = 'analytics'
    and recorded.name is not null as is_recorded,
    -- the next run copies the views of a bucket again
    namespaces.nspname in (
        select one.name from app.environments() as one
        union all
        select 'bucket_' || buckets.bucket from app.buckets
    ) as is_of_environment
from dependents
inner join pg_class as relations on dependents.oid = relations.oid
inner join pg_namespace as namespaces on relations.relnamespace = namespaces.oid
left join app.deployed_views as recorded on relations.relname = recorded.name
where
    namespaces.nspname !~ '^preview_[0-9]+_(before|after)$'
    and not (
        namespaces.nspname = 'analytics' and relations.relname = any(%(names)s)
    )
group by namespaces.nspname, relations.relname, relations.relkind, recorded.name
order by max(dependents.distance) desc, relations.relname
