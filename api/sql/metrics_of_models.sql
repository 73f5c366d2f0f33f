-- What the last run of each kind that has succeeded did with each table: the rows that
-- it wrote, and how long it took.
select
    runs.kind,
    written.entry ->> 'name' as model_name,
    (written.entry ->> 'rows')::double precision as number,
    (written.entry ->> 'seconds')::double precision as seconds
from app.last_good_runs as runs
cross join jsonb_array_elements(runs.models) as written (entry)
order by runs.kind, model_name
