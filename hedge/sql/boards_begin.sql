-- Runs of boards that begin now, with what dbt's variable boards says of each. Boards
-- of the same period share a window, named after the first of them.
with

asked as (

    select
        id,
        key,
        period_start,
        period_end
    from unnest(
        %(ids)s::bigint[],
        %(keys)s::text[],
        %(period_starts)s::timestamptz[],
        %(period_ends)s::timestamptz[]
    ) as asked (id, key, period_start, period_end)

),

pending as (

    update app.leaderboard_runs as runs
    set status = 'PROCESSING', started_at = now()
    from asked
    where runs.id = asked.id and runs.status = 'PENDING'
    returning runs.id, runs.leaderboard_key, runs.period_start, runs.period_end

),

new as (

    insert into app.leaderboard_runs
    (leaderboard_key, period_start, period_end, status, started_at)
    select
        key,
        period_start,
        period_end,
        'PROCESSING' as status,
        now() as started_at
    from asked
    where id is null
    order by key
    returning id, leaderboard_key, period_start, period_end

),

begun as (

    select * from pending
    union all
    select * from new

)

select
    begun.id as run_id,
    defs.metric_source,
    defs.metric_key,
    defs.fallback_metric_key,
    'run:' || min(begun.id) over (
        partition by begun.period_start, begun.period_end
    ) as window_key,
    case
        when defs.fallback_metric_key is not null
            then coalesce(defs.fallback_metric_source, defs.metric_source)
    end as fallback_metric_source
from begun
inner join app.leaderboard_defs as defs on begun.leaderboard_key = defs.key
order by begun.id
