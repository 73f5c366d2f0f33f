-- What the last run of each kind that has succeeded did with each table: the rows that
-- it wrote, and how long it took.
with

latest as (

    -- an index has the answer for each kind, while a group would read the whole ledger
    select
        kinds.kind,
        (
            select max(runs.as_of) from app.etl_runs as runs
            where runs.kind = kinds.kind and runs.state in ('SUCCESS', 'PARTIAL')
        ) as as_of
    from unnest(
        array['FULL', 'INCREMENTAL', 'CLUSTER', 'BOARD', 'SEASON', 'PARTIAL']
    ) as kinds (kind)

),

good as (

    select
        runs.kind,
        max(runs.run_id) as run_id
    from latest
    inner join app.etl_runs as runs
        on latest.kind = runs.kind and latest.as_of = runs.as_of
    where runs.state in ('SUCCESS', 'PARTIAL')
    group by runs.kind

)

select
    runs.kind,
    written.entry ->> 'name' as model_name,
    (written.entry ->> 'rows')::double precision as number,
    (written.entry ->> 'seconds')::double precision as seconds
from good
inner join app.etl_runs as runs on good.run_id = runs.run_id
cross join jsonb_array_elements(runs.models) as written (entry)
order by runs.kind, model_name
