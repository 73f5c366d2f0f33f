-- The last run of each kind that has succeeded, by its as-of instant: that instant, in
-- seconds since 1970, and how long it took.
with

latest as (

    select
        kind,
        max(as_of) as as_of
    from app.etl_runs
    where kind <> 'DEPLOY' and state in ('SUCCESS', 'PARTIAL')
    group by kind

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
