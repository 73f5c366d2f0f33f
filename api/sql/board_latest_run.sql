-- The run of a public board that readers see: complete, of the latest period, as of the
-- latest instant.
select
    runs.id,
    runs.period_start,
    runs.period_end,
    runs.as_of,
    runs.row_count,
    runs.finished_at
from app.leaderboard_runs as runs
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
where
    runs.leaderboard_key = %(key)s
    and runs.status = 'COMPLETE'
    and defs.is_active
    and defs.is_public
-- all time, whose end is null, comes first
order by runs.period_end desc, runs.as_of desc, runs.id desc
limit 1
