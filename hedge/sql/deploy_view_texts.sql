-- The definitions of the views of a scratch schema, without comments.
select
    relname,
    pg_get_viewdef(oid) as definition
from pg_class
where
    relnamespace = %(schema)s::regnamespace
    and relkind = 'v'
order by relname
