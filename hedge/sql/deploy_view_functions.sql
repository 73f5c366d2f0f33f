-- The functions that return rows of a relation, as PostgreSQL would create them again.
select
    oid::regprocedure::text as signature,
    pg_get_functiondef(oid) as definition
from pg_proc
where prorettype = to_regtype(%(relation)s)
order by signature
