-- The columns of the primary key of each table of schema analytics.
select
    relations.relname,
    array_agg(attributes.attname::text order by key_columns.place) as key_columns
from pg_constraint as primary_keys
inner join pg_class as relations on primary_keys.conrelid = relations.oid
cross join
    lateral unnest(primary_keys.conkey) with ordinality
        as key_columns (attnum, place)
inner join pg_attribute as attributes
    on
        primary_keys.conrelid = attributes.attrelid
        and key_columns.attnum = attributes.attnum
where
    primary_keys.contype = 'p'
    and relations.relnamespace = 'analytics'::regnamespace
group by relations.relname
