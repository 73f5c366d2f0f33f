-- A run of a board that could not even begin.
insert into app.leaderboard_runs
(leaderboard_key, period_start, period_end, status, error, started_at, finished_at)
values (%(key)s, %(period_start)s, %(period_end)s, 'FAILED', %(error)s, now(), now())
