-- Requested board runs, oldest first.
select
    id,
    leaderboard_key,
    period_start,
    period_end,
    caused_by
from app.leaderboard_runs
where status = 'PENDING'
order by id
