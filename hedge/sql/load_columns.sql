-- The columns of a table that a file can set, in their order. loaded_at is not among
-- them, because the database sets it.
select
    attributes.attname as name,
    attributes.attnotnull as is_required,
    format_type(attributes.atttypid, attributes.atttypmod) as type,
    array_position(primary_key.conkey, attributes.attnum) as key_position,
    exists(
        select from pg_index as indexed
        where
            indexed.indrelid = attributes.attrelid
            and attributes.attnum = any(indexed.indkey)
    ) as is_indexed
from pg_attribute as attributes
left join pg_constraint as primary_key
    on attributes.attrelid = primary_key.conrelid and primary_key.contype = 'p'
where
    attributes.attrelid = %(table)s::regclass
    and attributes.attnum > 0
    and not attributes.attisdropped
    and attributes.attname <> 'loaded_at'
order by attributes.attnum
