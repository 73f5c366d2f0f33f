-- The columns of the primary key of each table of schema analytics.
select
    relations.relname,
    array_agg(columns.attname::text order by keys.place) as columns
from pg_constraint as constraints
inner join pg_class as relations on constraints.conrelid = relations.oid
cross join
    lateral unnest(constraints.conkey) with ordinality as keys (attnum, place)
inner join pg_attribute as columns
    on
        constraints.conrelid = columns.attrelid
        and keys.attnum = columns.attnum
where
    constraints.contype = 'p'
    and relations.relnamespace = 'analytics'::regnamespace
group by relations.relname
