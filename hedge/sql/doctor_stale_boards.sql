-- Board runs that readers see although their facts have changed for two hours: a worker
-- computes due boards every hour.
select
    format(
        'board %s, %s, is stale since %s',
        runs.leaderboard_key,
        coalesce(
            'the period from ' || to_char(runs.period_start, 'YYYY-MM-DD HH24:MI'),
            'all time'
        ),
        to_char(runs.stale_since, 'YYYY-MM-DD HH24:MI')
    ) as finding
from app.latest_runs_of_periods as runs
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
where
    runs.stale_since < now() - interval '2 hours'
    and defs.is_active
    and not app.is_final(
        runs.period_end,
        runs.as_of,
        defs.corrected_for_days,
        defs.is_frozen,
        now()
    )
order by finding
