-- Single figures: of clusters, workers, backups, data tests, stamps and sessions.
-- Instants are in seconds since 1970, and null where there is none.
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

)

select
    extract(epoch from clock_timestamp())::double precision as time_of_server,
    pg_database_size(current_catalog) as size_in_bytes,
    (select living.workers from app.living_workers as living) as workers,
    extract(epoch from sessions.oldest_transaction)::double precision
        as oldest_transaction,
    extract(epoch from sessions.oldest_lock_wait)::double precision as oldest_lock_wait,
    app.expects_regular_runs()::int as expects_regular_runs,
    (select count(*) from app.wallet_clusters) as clusters,
    (
        select extract(epoch from max(runs.as_of))::double precision
        from app.last_good_runs as runs
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
