-- The columns of a table that a file can set, in their order. loaded_at is not among
-- them, because the database sets it. The form is that of a column of hexadecimal
-- digits, told by the name of its check constraint.
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
    ) as is_indexed,
    (
        select
            case digits.written
                when '40' then 'address'
                when '64' then 'hash'
            end
        from pg_constraint as checks
        cross join
            lateral substring(
                checks.conname from ' is 0x and ([0-9]+) lower-case hex digits$'
            ) as digits (written)
        where
            checks.conrelid = attributes.attrelid
            and checks.contype = 'c'
            and checks.conkey = array[attributes.attnum]
            and digits.written is not null
    ) as form
from pg_attribute as attributes
left join pg_constraint as primary_key
    on attributes.attrelid = primary_key.conrelid and primary_key.contype = 'p'
where
    attributes.attrelid = %(table)s::regclass
    and attributes.attnum > 0
    and not attributes.attisdropped
    and attributes.attname <> 'loaded_at'
order by attributes.attnum
