-- The scratch schemas of previews, and the number in their names, which is the second
-- key of their advisory lock.
select
    nspname,
    split_part(nspname, '_', 2)::integer as number
from pg_namespace
where nspname ~ '^preview_[0-9]{1,9}_(before|after)$'
