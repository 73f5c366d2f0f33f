-- Whether runs over all changes succeed, and often enough (app.regular_runs), unless
-- nobody expects them. One that left something out brought all else up to date; it is
-- named if it is the newest of all.
with

newest as (

    select distinct on (kind)
        run_id,
        kind,
        state,
        error
    from app.etl_runs
    where kind in ('FULL', 'INCREMENTAL') and state <> 'RUNNING'
    order by kind asc, run_id desc

)

select
    format(
        'the newest %s run, %s, failed: %s',
        lower(kind),
        run_id,
        split_part(error, E'\n', 1)
    ) as finding
from newest
where state = 'FAILED'
union all
select
    format(
        'the newest %s run, %s, left something out: %s',
        lower(kind),
        run_id,
        split_part(error, E'\n', 1)
    ) as finding
from newest
where
    state = 'PARTIAL'
    and run_id = (select max(each_kind.run_id) from newest as each_kind)
union all
select
    format(
        'the newest %s that succeeded is %s',
        words,
        coalesce('as of ' || to_char(latest, 'YYYY-MM-DD HH24:MI'), 'none')
    ) as finding
from app.regular_runs
where
    coalesce(since, '-infinity') < now() - longest
    and app.expects_regular_runs()
order by finding
