-- Marks board runs as stale, so that `hedge boards run --due` computes their periods
-- again.
update app.leaderboard_runs set stale_since = clock_timestamp()
where id = any(%(runs)s)
