-- Complete runs of a public board, newest first; with an id only that run.
select
    runs.id,
    runs.period_start,
    runs.period_end,
    runs.as_of,
    runs.row_count,
    runs.finished_at,
    runs.stale_since,
    runs.complete_to,
    app.is_final(
        runs.period_end, runs.as_of, defs.corrected_for_days, defs.is_frozen, now()
    ) as is_final
from app.leaderboard_runs as runs
inner join app.public_boards as defs on runs.leaderboard_key = defs.key
where
    runs.leaderboard_key = %(key)s
    and runs.status = 'COMPLETE'
    and defs.is_active
    and (runs.id = %(run)s or %(run)s::bigint is null)
    and runs.id < %(before)s
order by runs.id desc
limit %(limit)s
