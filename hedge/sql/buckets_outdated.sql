-- The buckets whose views are not copies of what the live ones are.
select bucket
from app.buckets
where copied_from is distinct from %(state)s
