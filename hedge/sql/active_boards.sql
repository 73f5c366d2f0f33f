-- The active boards that are not retired, with the metrics by which they rank.
select
    metrics.leaderboard_key,
    metrics.metric_source,
    metrics.metric_key,
    metrics.fallback_metric_source,
    metrics.fallback_metric_key,
    metrics.third_metric_source,
    metrics.third_metric_key,
    metrics.fourth_metric_source,
    metrics.fourth_metric_key
from app.board_metrics as metrics
inner join app.leaderboard_defs as defs on metrics.leaderboard_key = defs.key
where defs.is_active and defs.state <> 'retired'
order by metrics.leaderboard_key
