-- Records that a board run failed before it began: updates the PENDING run with the id,
-- or inserts a FAILED one where there is no id.
with pending as (
    update app.leaderboard_runs
    set status = 'FAILED', error = %(error)s, started_at = now(), finished_at = now()
    where id = %(id)s and status = 'PENDING'
)

insert into app.leaderboard_runs
(leaderboard_key, period_start, period_end, status, error, started_at, finished_at)
select
    %(leaderboard_key)s as leaderboard_key,
    %(period_start)s as period_start,
    %(period_end)s as period_end,
    'FAILED' as status,
    %(error)s as error,
    now() as started_at,
    now() as finished_at
where %(id)s::bigint is null
