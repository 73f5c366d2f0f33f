-- Requests a board run: it is PENDING, the default of status.
insert into app.leaderboard_runs (leaderboard_key, period_start, period_end)
values (%(leaderboard_key)s, %(period_start)s, %(period_end)s)
returning id
