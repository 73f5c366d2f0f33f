-- The newest run of each board.
select distinct on (leaderboard_key)
    id,
    leaderboard_key,
    period_start,
    period_end,
    status,
    as_of,
    row_count,
    error,
    started_at,
    finished_at
from app.leaderboard_runs
order by leaderboard_key asc, id desc
