-- The columns of a table with their types, what they mean by their comments, and the
-- sentences of the check constraints that concern them.
select
    attributes.attname as name,
    format_type(attributes.atttypid, attributes.atttypmod) as type,
    col_description(attributes.attrelid, attributes.attnum) as meaning,
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
where
    attributes.attrelid = %(table)s::regclass
    and attributes.attnum > 0
    and not attributes.attisdropped
order by attributes.attnum
