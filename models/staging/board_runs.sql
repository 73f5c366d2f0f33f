{# Board runs that are being computed. One row per board run. #}
select
    runs.id as run_id,
    runs.period_start,
    runs.period_end,
    defs.verified_only,
    defs.max_entries,
    defs.ranking,
    app.excluded_from_board(defs.key) as excluded_clusters,
    array[
        defs.metric_direction,
        defs.fallback_direction,
        defs.third_direction,
        defs.fourth_direction
    ] as directions

from {{ source('ledger', 'leaderboard_runs') }} as runs
inner join {{ source('app', 'leaderboard_defs') }} as defs
    on runs.leaderboard_key = defs.key
where runs.status = 'PROCESSING'
