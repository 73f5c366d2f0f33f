-- The last run of each kind that has succeeded, by its as-of instant: that instant, in
-- seconds since 1970, and how long it took.
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
    extract(epoch from runs.as_of)::double precision as as_of,
    extract(epoch from runs.finished_at - runs.started_at)::double precision as seconds
from good
inner join app.etl_runs as runs on good.run_id = runs.run_id
order by runs.kind
