-- Which of the named relations of schema analytics cannot take the definition of the
-- relation of that name in a scratch schema as they are. Of a view, columns may only be
-- added at the end; a table must have the same columns.
select live.relname
from pg_class as live
inner join pg_class as aside
    on
        live.relname = aside.relname
        and aside.relnamespace = %(schema)s::regnamespace
where
    live.relnamespace = 'analytics'::regnamespace
    and live.relname = any(%(names)s)
    and (
        live.relkind <> aside.relkind
        or exists (
            select from pg_attribute as existing
            left join pg_attribute as made
                on
                    made.attrelid = aside.oid
                    and existing.attname = made.attname
                    and not made.attisdropped
            where
                existing.attrelid = live.oid
                and existing.attnum > 0
                and not existing.attisdropped
                and (
                    existing.attnum,
                    existing.atttypid,
                    existing.atttypmod,
                    existing.attcollation
                )
                is distinct from (
                    made.attnum, made.atttypid, made.atttypmod, made.attcollation
                )
        )
        or live.relkind = 'r' and live.relnatts <> aside.relnatts
    )
