-- Asks for a run of a board.
insert into app.leaderboard_runs (leaderboard_key, period_start, period_end)
values (%(key)s, %(period_start)s, %(period_end)s)
returning id
