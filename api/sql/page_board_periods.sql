-- The runs that count of the computed periods before and after that of a board run. A
-- board of all time has no periods: there they are the last runs of the days before and
-- after the day as of which the run was computed.
with

shown as (

    select
        runs.leaderboard_key,
        runs.period_start,
        runs.period_end,
        date_trunc('day', runs.as_of, 'UTC') as day
    from app.leaderboard_runs as runs
    where runs.id = %(run)s

),

complete as (

    select
        runs.id,
        runs.period_start,
        runs.period_end,
        runs.as_of,
        date_trunc('day', runs.as_of, 'UTC') as day
    from app.leaderboard_runs as runs
    where runs.leaderboard_key = %(key)s and runs.status = 'COMPLETE'

),

before as (

    select complete.*
    from complete
    cross join shown
    where
        complete.period_end <= shown.period_start
        or (
            shown.period_end is null
            and complete.period_end is null
            and complete.day < shown.day
        )
    order by complete.period_end desc, complete.as_of desc, complete.id desc
    limit 1

),

behind as (

    select complete.*
    from complete
    cross join shown
    where
        complete.period_start >= shown.period_end
        or (
            shown.period_end is null
            and complete.period_end is null
            and complete.day > shown.day
        )
    order by
        complete.period_start asc,
        complete.day asc,
        complete.as_of desc,
        complete.id desc
    limit 1

)

select
    'before' as side,
    before.id as run_id,
    before.period_start,
    before.period_end,
    before.as_of
from before

union all

select
    'after' as side,
    behind.id as run_id,
    behind.period_start,
    behind.period_end,
    behind.as_of
from behind
