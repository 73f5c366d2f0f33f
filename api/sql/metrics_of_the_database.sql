-- Single figures: of clusters, workers, backups, data tests, stamps and sessions.
-- Instants are in seconds since 1970, and null where there is none. A worker has a
-- heartbeat for each of its two queues, and is dead after 20 seconds without one.
with

sessions as (

    select
        min(xact_start) as oldest_transaction,
        min(query_start) filter (where wait_event_type = 'Lock') as oldest_lock_wait
    from pg_stat_activity
    where
        datname = current_catalog
        and pid <> pg_backend_pid()
        and backend_type = 'client backend'

),

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

workers as (

    select count(*) as heartbeats
    from procrastinate.procrastinate_workers
    where last_heartbeat > now() - interval '20 seconds'

)

select
    extract(epoch from clock_timestamp())::double precision as time_of_server,
    pg_database_size(current_catalog) as size_in_bytes,
    ceil(workers.heartbeats / 2.0)::int as workers,
    extract(epoch from sessions.oldest_transaction)::double precision
        as oldest_transaction,
    extract(epoch from sessions.oldest_lock_wait)::double precision as oldest_lock_wait,
    app.expects_regular_runs()::int as expects_regular_runs,
    (select count(*) from app.wallet_clusters) as clusters,
    (
        select extract(epoch from max(latest.as_of))::double precision from latest
    ) as newest_stamp,
    (
        select coalesce(extract(epoch from max(backups.ended_at))::float8, 0)
        from app.backups as backups
        where backups.ended_at <= now()
    ) as last_backup,
    (
        select extract(epoch from max(results.checked_at))::double precision
        from app.data_test_results as results
    ) as data_tests_passed
from sessions
cross join workers
