-- Marks PENDING board runs as PROCESSING and inserts those that have no id; they have
-- seen the changes that app.see_changes() has numbered before. Returns a row per run
-- with the columns of dbt's variable boards, and the request of the API that caused it.
-- Runs of the same period share a window, named after the run with the smallest id, so
-- that its metrics are computed once. What a run is complete to is asked here, before
-- its facts are read, for all of the boards at once.
with

planned as (

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
    ) as planned (id, key, period_start, period_end)

),

complete as (

    select
        leaderboard_key,
        chains
    from app.complete_to_of_boards(%(keys)s::text[], %(as_of)s)

),

pending as (

    update app.leaderboard_runs as runs
    set
        status = 'PROCESSING',
        started_at = now(),
        changes_seen = %(changes_seen)s,
        complete_to = complete.chains
    from planned
    inner join complete on planned.key = complete.leaderboard_key
    where runs.id = planned.id and runs.status = 'PENDING'
    returning
        runs.id,
        runs.leaderboard_key,
        runs.period_start,
        runs.period_end,
        runs.caused_by

),

new as (

    insert into app.leaderboard_runs
    (
        leaderboard_key, period_start, period_end, status, started_at, changes_seen,
        complete_to
    )
    select
        planned.key,
        planned.period_start,
        planned.period_end,
        'PROCESSING' as status,
        now() as started_at,
        %(changes_seen)s as changes_seen,
        complete.chains as complete_to
    from planned
    inner join complete on planned.key = complete.leaderboard_key
    where planned.id is null
    order by planned.key
    returning id, leaderboard_key, period_start, period_end, caused_by

),

begun as (

    select * from pending
    union all
    select * from new

)

select
    begun.id as run_id,
    metrics.metric_source,
    metrics.metric_key,
    metrics.fallback_metric_source,
    metrics.fallback_metric_key,
    metrics.third_metric_source,
    metrics.third_metric_key,
    metrics.fourth_metric_source,
    metrics.fourth_metric_key,
    begun.caused_by,
    'run:' || min(begun.id) over (
        partition by begun.period_start, begun.period_end
    ) as window_key
from begun
inner join app.board_metrics as metrics
    on begun.leaderboard_key = metrics.leaderboard_key
order by begun.id
