-- The last run of each kind that has succeeded, by its as-of instant: that instant, in
-- seconds since 1970, and how long it took.
select
    kind,
    extract(epoch from as_of)::double precision as as_of,
    extract(epoch from finished_at - started_at)::double precision as seconds
from app.last_good_runs
order by kind
