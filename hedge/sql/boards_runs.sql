-- The newest runs of one board, or those named, newest first.
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
where
    (leaderboard_key = %(key)s or %(key)s::text is null)
    and (id = any(%(runs)s) or %(runs)s::bigint[] is null)
order by id desc
limit %(limit)s
