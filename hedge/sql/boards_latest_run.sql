-- The run of a board that readers see: complete, of the latest period, as of the latest
-- instant.
select
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
where leaderboard_key = %(key)s and status = 'COMPLETE'
-- all time, whose end is null, comes first
order by period_end desc, as_of desc, id desc
limit 1
