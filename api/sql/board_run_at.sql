-- The run of a public board that counts of the period that holds an instant.
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
    and (
        runs.period_end is null
        or (runs.period_start <= %(at)s and %(at)s < runs.period_end)
    )
order by runs.period_end desc, runs.as_of desc, runs.id desc
limit 1
