-- The run that counts of the computed period before an instant, the one that ended
-- last.
select
    runs.id as run_id,
    runs.period_start,
    runs.period_end
from app.leaderboard_runs as runs
where
    runs.leaderboard_key = %(key)s
    and runs.status = 'COMPLETE'
    and runs.period_end <= %(period_start)s
order by runs.period_end desc, runs.as_of desc, runs.id desc
limit 1
