-- How fresh the numbers are, a row for each thing that keeps them so: good, late or
-- bad, by the limits of hedge doctor and of the alert rules, and since when. Late is
-- what is three quarters of the way to bad. Where nobody expects runs, such as of a
-- demo world that rests, all of them are good.
with

measured as (

    select
        runs.what,
        runs.since,
        runs.longest,
        app.expects_regular_runs() as is_needed,
        app.expects_regular_runs() as is_measured
    from app.regular_runs as runs

    union all

    select
        'requests' as what,
        min(requests.requested_at) as since,
        interval '15 minutes' as longest,
        false as is_needed,
        true as is_measured
    from app.etl_requests as requests
    where requests.parked_at is null

)

select
    measured.what,
    measured.since,
    null::bigint as number,
    case
        when measured.since is null and measured.is_needed then 'bad'
        when not measured.is_measured then 'good'
        when now() - measured.since > measured.longest then 'bad'
        when now() - measured.since > measured.longest * 0.75 then 'late'
        else 'good'
    end as state
from measured

union all

select
    'parked' as what,
    min(requests.parked_at) as since,
    count(*) as number,
    case when count(*) > 0 then 'bad' else 'good' end as state
from app.etl_requests as requests
where requests.parked_at is not null

union all

select
    'workers' as what,
    null as since,
    living.workers as number,
    case when living.workers > 0 then 'good' else 'bad' end as state
from app.living_workers as living
