-- The run that readers see of a public board.
select
    runs.id,
    runs.period_start,
    runs.period_end,
    runs.as_of,
    runs.row_count,
    runs.finished_at,
    runs.stale_since,
    runs.complete_to,
    runs.is_final
from app.latest_board_runs as runs
inner join app.public_boards as defs on runs.leaderboard_key = defs.key
where
    runs.leaderboard_key = %(key)s
    and defs.is_active
