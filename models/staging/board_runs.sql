{# Board runs that are being computed. One row per board run. #}
select
    runs.id as run_id,
    runs.period_start,
    runs.period_end,
    defs.metric_source,
    defs.metric_key,
    defs.verified_only,
    defs.max_entries,
    defs.fallback_metric_key is not null as has_tiebreaker,
    -- the unit of scores that are not metrics of the catalogue
    case defs.metric_source
        when 'season_progress' then 'points'
        when 'challenge_progress' then 'ladders'
    end as own_unit

from {{ source('ledger', 'leaderboard_runs') }} as runs
inner join {{ source('app', 'leaderboard_defs') }} as defs
    on runs.leaderboard_key = defs.key
where runs.status = 'PROCESSING'
