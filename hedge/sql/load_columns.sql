-- The columns of a table that a file can set, in their order. loaded_at is not among
-- them, because the database sets it.
select
    attribute.attname as name,
    format_type(attribute.atttypid, attribute.atttypmod) as type,
    attribute.attnotnull as is_required,
    array_position(primary_key.conkey, attribute.attnum) as key_position,
    exists (
        select from pg_index as indexes
        where
            indexes.indrelid = attribute.attrelid
            and attribute.attnum = any(indexes.indkey)
    ) as is_indexed
from pg_attribute as attribute
left join pg_constraint as primary_key
    on attribute.attrelid = primary_key.conrelid and primary_key.contype = 'p'
where
    attribute.attrelid = %(table)s::regclass
    and attribute.attnum > 0
    and not attribute.attisdropped
    and attribute.attname <> 'loaded_at'
order by attribute.attnum
