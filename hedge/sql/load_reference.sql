-- What the catalogue of PostgreSQL says of a table, for docs/raw-tables.md: what a row
-- is, and of each column the type, whether it is part of the key and may be null, and
-- the names of its check constraints.
select
    attributes.attname as name,
    obj_description(attributes.attrelid, 'pg_class') as about,
    format_type(attributes.atttypid, attributes.atttypmod) as type,
    coalesce(attributes.attnum = any(primary_key.conkey), false) as is_key,
    not attributes.attnotnull as is_nullable,
    array(
        select checks.conname::text
        from pg_constraint as checks
        where
            checks.conrelid = attributes.attrelid
            and checks.contype = 'c'
            and attributes.attnum = any(checks.conkey)
        order by checks.conname
    ) as rules
from pg_attribute as attributes
left join pg_constraint as primary_key
    on attributes.attrelid = primary_key.conrelid and primary_key.contype = 'p'
where
    attributes.attrelid = %(table)s::regclass
    and attributes.attnum > 0
    and not attributes.attisdropped
order by attributes.attnum
