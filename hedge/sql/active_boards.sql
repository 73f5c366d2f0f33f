-- The active boards, with the metrics by which they rank.
select
    key as leaderboard_key,
    metric_source,
    metric_key,
    fallback_metric_key,
    case
        when fallback_metric_key is not null
            then coalesce(fallback_metric_source, metric_source)
    end as fallback_metric_source
from app.leaderboard_defs
where is_active
order by key
