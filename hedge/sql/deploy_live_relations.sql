-- The tables and views of schema analytics.
select relname
from pg_class
where
    relnamespace = 'analytics'::regnamespace
    and relkind in ('r', 'v')
