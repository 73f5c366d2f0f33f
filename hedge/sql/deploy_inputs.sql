-- What a view reads, directly and through other views, itself included. A row per
-- relation, the one furthest from the view first.
with recursive

inputs as (

    select
        to_regclass(%(view)s)::oid as oid,
        0 as distance

    union

    select
        uses.refobjid as oid,
        inputs.distance + 1 as distance
    from inputs
    inner join pg_rewrite as rules on inputs.oid = rules.ev_class
    inner join pg_depend as uses
        on
            rules.oid = uses.objid
            and uses.classid = 'pg_rewrite'::regclass
            and uses.refclassid = 'pg_class'::regclass
    where uses.refobjid <> rules.ev_class

)

select
    namespaces.nspname as schema_name,
    relations.relname as name,
    relations.relkind = 'v' as is_view,
    case when relations.relkind = 'v' then pg_get_viewdef(relations.oid) end
        as definition
from inputs
inner join pg_class as relations on inputs.oid = relations.oid
inner join pg_namespace as namespaces on relations.relnamespace = namespaces.oid
group by namespaces.nspname, relations.relname, relations.relkind, relations.oid
order by max(inputs.distance) desc, relations.relname
