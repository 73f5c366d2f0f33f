-- The check constraints of a table: the name, which is the sentence that must be true,
-- the expression, and the columns in it.
select
    checks.conname as sentence,
    pg_get_expr(checks.conbin, checks.conrelid) as expression,
    array(
        select attributes.attname::text
        from pg_attribute as attributes
        where
            attributes.attrelid = checks.conrelid
            and attributes.attnum = any(checks.conkey)
        order by attributes.attnum
    ) as columns
from pg_constraint as checks
where checks.conrelid = %(table)s::regclass and checks.contype = 'c'
order by checks.oid
