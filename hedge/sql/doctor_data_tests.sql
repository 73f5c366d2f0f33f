-- What the data tests found when they were last passed, and the full run after which
-- they were not. They are not passed after a run as of the past.
with

newest as (
    select
        max(runs.run_id) as run_id,
        max(runs.finished_at) as finished_at
    from app.etl_runs as runs
    where
        runs.kind = 'FULL'
        and runs.state in ('SUCCESS', 'PARTIAL')
        and runs.as_of > runs.started_at - interval '1 hour'
)

select
    case
        when state = 'ERROR' then format('%s cannot be passed: %s', name, message)
        when failures = 1 then format('%s finds 1 row, %s', name, sample ->> 0)
        else format('%s finds %s rows, for example %s', name, failures, sample ->> 0)
    end as finding
from app.data_test_results
where state in ('FAIL', 'ERROR')
union all
select
    format(
        'no data test was passed since the full run %s has ended', newest.run_id
    ) as finding
from newest
where
    newest.finished_at < now() - interval '1 hour'
    and newest.finished_at > coalesce(
        (
            select max(results.checked_at)
            from app.data_test_results as results
        ),
        '-infinity'
    )
order by finding
