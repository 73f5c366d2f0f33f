-- The run that readers see of each active board that ranks by one of the given metric
-- sources, with the columns of dbt's variable boards. A board of all time, or of the
-- period of a season whose window runs compute anyway, uses that window. With
-- not_final_at, those are left out that no run as of that instant computes again.
select
    runs.id as run_id,
    defs.key as leaderboard_key,
    metrics.metric_source,
    metrics.metric_key,
    metrics.fallback_metric_source,
    metrics.fallback_metric_key,
    metrics.third_metric_source,
    metrics.third_metric_key,
    metrics.fourth_metric_source,
    metrics.fourth_metric_key,
    case
        when runs.period_start is null then 'all_time'
        else coalesce(season_windows.window_key, 'run:' || runs.id)
    end as window_key
from app.leaderboard_defs as defs
inner join app.board_metrics as metrics on defs.key = metrics.leaderboard_key
inner join app.latest_board_runs as runs on defs.key = runs.leaderboard_key
left join lateral (
    select min(windows.window_key) as window_key
    from analytics.seasons as windows
    inner join app.seasons as seasons on windows.season_id = seasons.id
    where
        windows.is_default
        and windows.scoring = 'SEASON'
        and seasons.starts_at = runs.period_start
        and seasons.ends_at = runs.period_end
) as season_windows on true
where
    defs.is_active
    and defs.state <> 'retired'
    and exists (
        select from app.board_ordering_keys as ranked_by
        where
            ranked_by.leaderboard_key = defs.key
            and ranked_by.metric_source = any(%(sources)s)
    )
    and (
        %(not_final_at)s::timestamptz is null
        or not app.is_final(
            runs.period_end,
            runs.as_of,
            defs.corrected_for_days,
            defs.is_frozen,
            %(not_final_at)s
        )
    )
order by runs.id
