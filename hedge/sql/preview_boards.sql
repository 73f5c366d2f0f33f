-- The run that readers see of each active board that ranks by one of the given metric
-- sources, with the columns of dbt's variable boards. A board of all time, or of the
-- period of a season whose window runs compute anyway, uses that window.
select
    runs.id as run_id,
    defs.key as leaderboard_key,
    defs.metric_source,
    defs.metric_key,
    defs.fallback_metric_key,
    case
        when runs.period_start is null then 'all_time'
        else coalesce(season_windows.window_key, 'run:' || runs.id)
    end as window_key,
    case
        when defs.fallback_metric_key is not null
            then coalesce(defs.fallback_metric_source, defs.metric_source)
    end as fallback_metric_source
from app.leaderboard_defs as defs
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
    and (
        defs.metric_source = any(%(sources)s)
        or (
            defs.fallback_metric_key is not null
            and coalesce(defs.fallback_metric_source, defs.metric_source)
            = any(%(sources)s)
        )
    )
order by runs.id
