-- The periods of boards whose run is stale and not final, the newest first. A run as of
-- an instant before that of the stale one would not replace it.
select
    runs.leaderboard_key,
    runs.period_start,
    runs.period_end
from app.latest_runs_of_periods as runs
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
where
    runs.stale_since is not null
    and runs.as_of <= %(as_of)s
    and (
        runs.leaderboard_key = any(%(keys)s)
        or (
            defs.is_active
            and defs.state <> 'retired'
            and %(keys)s::text[] is null
        )
    )
    and not app.is_final(
        runs.period_end,
        runs.as_of,
        defs.corrected_for_days,
        defs.is_frozen,
        %(as_of)s
    )
order by runs.period_end desc, runs.leaderboard_key asc
