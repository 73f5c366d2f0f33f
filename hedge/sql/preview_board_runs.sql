-- Board runs as if they were being computed; a preview makes a table of them in its
-- schema.
select
    id,
    leaderboard_key,
    period_start,
    period_end,
    'PROCESSING' as status
from app.leaderboard_runs
where id = any(%(runs)s)
