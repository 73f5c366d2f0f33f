-- What is requested and not served yet, by kind and state: how much, and since when the
-- oldest one is requested, in seconds since 1970. A board run is a kind of its own.
with

requested as (

    select
        requests.kind,
        requests.requested_at,
        case
            when requests.parked_at is not null then 'PARKED'
            when holders.pid is not null then 'RUNNING'
            else 'WAITING'
        end as state
    from app.etl_requests as requests
    left join pg_stat_activity as holders
        on
            requests.taken_by = holders.pid
            and requests.taken_since = holders.backend_start
    union all
    select
        'BOARD' as kind,
        created_at as requested_at,
        case status when 'PENDING' then 'WAITING' else 'RUNNING' end as state
    from app.leaderboard_runs
    where status in ('PENDING', 'PROCESSING')

)

select
    kinds.kind,
    states.state,
    count(requested.kind) as number,
    extract(epoch from min(requested.requested_at))::double precision as oldest
from unnest(array['CLUSTER', 'ENDS', 'FULL', 'INCREMENTAL', 'BOARD']) as kinds (kind)
cross join unnest(array['WAITING', 'RUNNING', 'PARKED']) as states (state)
left join requested
    on kinds.kind = requested.kind and states.state = requested.state
where kinds.kind <> 'BOARD' or states.state <> 'PARKED'
group by kinds.kind, states.state
order by kinds.kind, states.state
