-- What has waited for a worker for a quarter of an hour, and when a worker was last
-- alive. Links of a demo world wait for nobody until it is computed regularly.
with

waiting as (

    select
        'requests' as what,
        next_attempt_at as since
    from app.etl_requests
    where
        parked_at is null
        and taken_by is null
        and (
            app.expects_regular_runs()
            or requested_at > coalesce(
                (select world.loaded_at from app.made_up_world as world), '-infinity'
            )
        )
    union all
    select
        'board runs' as what,
        created_at as since
    from app.leaderboard_runs
    where status = 'PENDING'

)

select
    format(
        '%s wait for a worker: %s, the oldest since %s; %s',
        waiting.what,
        count(*),
        to_char(min(waiting.since), 'YYYY-MM-DD HH24:MI'),
        coalesce(
            'a worker was last alive at ' || (
                select to_char(max(workers.last_heartbeat), 'YYYY-MM-DD HH24:MI:SS')
                from procrastinate.procrastinate_workers as workers
            ),
            'no worker is known'
        )
    ) as finding
from waiting
where waiting.since < now() - interval '15 minutes'
group by waiting.what
order by finding
