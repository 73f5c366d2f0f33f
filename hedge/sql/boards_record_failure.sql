-- A run of a board that could not even begin: a new one, or one that was pending.
with pending as (
    update app.leaderboard_runs
    set status = 'FAILED', error = %(error)s, started_at = now(), finished_at = now()
    where id = %(id)s and status = 'PENDING'
)

insert into app.leaderboard_runs
(leaderboard_key, period_start, period_end, status, error, started_at, finished_at)
select
    %(key)s as leaderboard_key,
    %(period_start)s as period_start,
    %(period_end)s as period_end,
    'FAILED' as status,
    %(error)s as error,
    now() as started_at,
    now() as finished_at
where %(id)s::bigint is null
