-- How fresh the numbers are, a row for each thing that keeps them so: good, late or
-- bad, by the limits of hedge doctor and of the alert rules, and since when. Late is
-- what is half of the way to bad.
with

measured as (

    select
        'full' as what,
        max(runs.as_of) as since,
        interval '7 days' as longest,
        true as is_needed
    from app.last_good_runs as runs
    where runs.kind = 'FULL'

    union all

    select
        'changes' as what,
        max(runs.as_of) as since,
        interval '1 day' as longest,
        true as is_needed
    from app.last_good_runs as runs
    where runs.kind in ('FULL', 'INCREMENTAL')

    union all

    select
        'requests' as what,
        min(requests.requested_at) as since,
        interval '15 minutes' as longest,
        false as is_needed
    from app.etl_requests as requests
    where requests.parked_at is null

)

select
    measured.what,
    measured.since,
    null::bigint as number,
    case
        when measured.since is null and measured.is_needed then 'bad'
        when now() - measured.since > measured.longest then 'bad'
        when now() - measured.since > measured.longest / 2 then 'late'
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
