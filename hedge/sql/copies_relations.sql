-- The tables of the copy of a bucket that hold no facts.
select relations.relname
from pg_class as relations
where
    relations.relnamespace = to_regnamespace(%(schema)s)
    and relations.relkind = 'r'
    and relations.relname not like 'raw\_%%'
