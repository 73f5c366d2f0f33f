-- Since when a period of a board that readers see is stale, the one that was stale
-- first, in seconds since 1970. Boards that nobody computes again are left out.
select
    runs.leaderboard_key as board,
    extract(epoch from min(runs.stale_since))::double precision as stale_since
from app.latest_runs_of_periods as runs
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
where
    runs.stale_since is not null
    and defs.is_active
    and not app.is_final(
        runs.period_end,
        runs.as_of,
        defs.corrected_for_days,
        defs.is_frozen,
        now()
    )
group by runs.leaderboard_key
order by runs.leaderboard_key
