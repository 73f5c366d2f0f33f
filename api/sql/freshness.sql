-- How fresh the numbers are: the as-of instants of the last full and incremental run
-- that have succeeded, since when the oldest request that is not parked waits, how many
-- are parked, and how many workers are alive.
select
    (
        select runs.as_of from app.last_good_runs as runs
        where runs.kind = 'FULL'
    ) as last_full_run,
    (
        select runs.as_of from app.last_good_runs as runs
        where runs.kind = 'INCREMENTAL'
    ) as last_incremental_run,
    (
        select min(requests.requested_at) from app.etl_requests as requests
        where requests.parked_at is null
    ) as oldest_request,
    (
        select count(*) from app.etl_requests as requests
        where requests.parked_at is not null
    ) as parked_requests,
    (select living.workers from app.living_workers as living) as workers
