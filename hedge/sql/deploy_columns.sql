-- The columns of the tables and views of schema analytics.
select
    relations.relname,
    array_agg(columns.attname::text) as columns
from pg_class as relations
inner join pg_attribute as columns on relations.oid = columns.attrelid
where
    relations.relnamespace = 'analytics'::regnamespace
    and relations.relkind in ('r', 'v')
    and columns.attnum > 0
    and not columns.attisdropped
group by relations.relname
