-- Marks board runs as FAILED with the reason.
update app.leaderboard_runs
set status = 'FAILED', error = %(error)s, finished_at = now()
where id = any(%(runs)s) and status = 'PROCESSING'
