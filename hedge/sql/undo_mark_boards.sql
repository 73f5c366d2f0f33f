-- Marks the board runs that were computed with undone definitions as stale, so that
-- `hedge boards run --due` computes their periods again.
update app.leaderboard_runs as runs set stale_since = clock_timestamp()
from app.latest_runs_of_periods as latest
where
    runs.id = latest.id
    and runs.stale_since is null
    and runs.finished_at >= (
        select first_run.started_at from app.etl_runs as first_run
        where first_run.run_id = %(since_run)s
    )
