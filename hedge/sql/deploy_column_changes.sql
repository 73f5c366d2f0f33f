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
            select from pg_attribute as old
            left join pg_attribute as new
                on
                    new.attrelid = aside.oid
                    and old.attname = new.attname
                    and not new.attisdropped
            where
                old.attrelid = live.oid
                and old.attnum > 0
                and not old.attisdropped
                and (
                    old.attnum, old.atttypid, old.atttypmod, old.attcollation
                )
                is distinct from (
                    new.attnum, new.atttypid, new.atttypmod, new.attcollation
                )
        )
        or live.relkind = 'r' and live.relnatts <> aside.relnatts
    )
