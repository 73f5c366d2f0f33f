-- The check constraints of a table: the name, which is the sentence that must be true,
-- the expression, and the columns in it.
select
    checked.conname as sentence,
    pg_get_expr(checked.conbin, checked.conrelid) as expression,
    array(
        select attribute.attname::text
        from pg_attribute as attribute
        where attribute.attrelid = checked.conrelid and attribute.attnum = any(checked.conkey)
        order by attribute.attnum
    ) as columns
from pg_constraint as checked
where checked.conrelid = %(table)s::regclass and checked.contype = 'c'
order by checked.oid
