-- The tables and views that a query can name without a schema.
select distinct relname
from pg_class
where
    relnamespace in (
        'analytics'::regnamespace, 'app'::regnamespace, 'raw'::regnamespace
    )
    and relkind in ('r', 'p', 'v')
order by relname
