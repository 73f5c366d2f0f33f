-- Board runs, newest first: of one board, those with an id, or the newest of each
-- board.
select
    runs.id,
    runs.leaderboard_key,
    runs.period_start,
    runs.period_end,
    runs.status,
    runs.as_of,
    runs.row_count,
    runs.error,
    runs.started_at,
    runs.finished_at,
    runs.stale_since,
    runs.complete_to,
    app.is_final(
        runs.period_end, runs.as_of, defs.corrected_for_days, defs.is_frozen, now()
    ) as is_final
from app.leaderboard_runs as runs
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
where
    (runs.leaderboard_key = %(key)s or %(key)s::text is null)
    and (runs.id = any(%(ids)s) or %(ids)s::bigint[] is null)
    and (
        not %(only_newest)s
        or runs.id in (
            select max(newest.id) from app.leaderboard_runs as newest
            group by newest.leaderboard_key
        )
    )
order by runs.id desc
