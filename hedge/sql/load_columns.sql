-- The columns of a table that a file can set, in their order. loaded_at and
-- decoded_at are not among them, because the database sets them. The form of a text
-- column is told by its check constraint.
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
            min(
                case
                    when checks.conname like '%% is 0x and 40 lower-case hex digits'
                        then 'address'
                    when checks.conname like '%% is 0x and 64 lower-case hex digits'
                        then 'hash'
                    when
                        pg_get_expr(checks.conbin, checks.conrelid)
                        like '(' || attributes.attname || ' = ANY (ARRAY[%%]))'
                        then 'word'
                end
            )
        from pg_constraint as checks
        where
            checks.conrelid = attributes.attrelid
            and checks.contype = 'c'
            and checks.conkey = array[attributes.attnum]
            and attributes.atttypid = 'text'::regtype
    ) as form
from pg_attribute as attributes
left join pg_constraint as primary_key
    on attributes.attrelid = primary_key.conrelid and primary_key.contype = 'p'
where
    attributes.attrelid = %(table)s::regclass
    and attributes.attnum > 0
    and not attributes.attisdropped
    and attributes.attname not in ('loaded_at', 'decoded_at')
order by attributes.attnum
