-- Board runs that readers see although their facts have changed for two hours: a worker
-- computes due boards every hour.
select
    format(
        'board %s, %s, is stale since %s',
        leaderboard_key,
        coalesce(
            'the period from ' || to_char(period_start, 'YYYY-MM-DD HH24:MI'),
            'all time'
        ),
        to_char(stale_since, 'YYYY-MM-DD HH24:MI')
    ) as finding
from app.stale_board_runs
where stale_since < now() - interval '2 hours'
order by finding
