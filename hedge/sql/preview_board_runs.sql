-- The given board runs as if they were being computed. A preview creates a table of
-- them in a scratch schema.
select
    id,
    leaderboard_key,
    period_start,
    period_end,
    'PROCESSING' as status
from app.leaderboard_runs
where id = any(%(runs)s)
