-- Whether the tables exist that the service reads.
select
    to_regclass('app.etl_requests') is not null
    and to_regclass('analytics.leaderboard_entries') is not null as is_ready
