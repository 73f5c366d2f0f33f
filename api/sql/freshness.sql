-- How fresh the numbers are: the as-of instants of the last full and incremental run
-- that have succeeded, since when the oldest request that is not parked waits, how many
-- are parked, and how many workers are alive (each has two heartbeats).
select
    (
        select max(runs.as_of) from app.etl_runs as runs
        where runs.kind = 'FULL' and runs.state in ('SUCCESS', 'PARTIAL')
    ) as last_full_run,
    (
        select max(runs.as_of) from app.etl_runs as runs
        where runs.kind = 'INCREMENTAL' and runs.state in ('SUCCESS', 'PARTIAL')
    ) as last_incremental_run,
    (
        select min(requests.requested_at) from app.etl_requests as requests
        where requests.parked_at is null
    ) as oldest_request,
    (
        select count(*) from app.etl_requests as requests
        where requests.parked_at is not null
    ) as parked_requests,
    (
        select ceil(count(*) / 2.0)::int
        from procrastinate.procrastinate_workers as workers
        where workers.last_heartbeat > now() - interval '20 seconds'
    ) as workers
