-- The board runs that were computed with undone definitions and that readers may see.
select runs.id
from app.latest_runs_of_periods as latest
inner join app.leaderboard_runs as runs on latest.id = runs.id
where
    runs.stale_since is null
    and runs.finished_at >= (
        select first_run.started_at from app.etl_runs as first_run
        where first_run.run_id = %(since_run)s
    )
order by runs.id
