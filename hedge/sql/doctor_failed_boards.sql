-- Boards whose newest run failed.
with

newest as (

    select distinct on (leaderboard_key)
        leaderboard_key,
        id,
        status,
        error
    from app.leaderboard_runs
    where status in ('COMPLETE', 'FAILED')
    order by leaderboard_key asc, id desc

)

select
    format(
        'run %s of board %s failed: %s',
        newest.id, newest.leaderboard_key, split_part(newest.error, E'\n', 1)
    ) as finding
from newest
inner join app.leaderboard_defs as defs on newest.leaderboard_key = defs.key
where newest.status = 'FAILED' and defs.is_active
order by newest.leaderboard_key
