-- Requests a board run: it is PENDING, the default of status.
insert into app.leaderboard_runs
(leaderboard_key, period_start, period_end, caused_by)
values (%(leaderboard_key)s, %(period_start)s, %(period_end)s, %(caused_by)s)
returning id
