-- The metric sources that board runs rank by, each with the metrics and the windows
-- that the boards need of it, as dbt's variable board_sources has them. Season points
-- and total scores are not among them: boards read their marts.
select
    metrics.metric_source,
    array_agg(distinct metrics.metric_key) as metric_keys,
    array_agg(distinct boards.window_key) as window_keys
from
    jsonb_to_recordset(%(boards)s)
        as boards (
            window_key text,
            metric_source text,
            metric_key text,
            fallback_metric_source text,
            fallback_metric_key text,
            third_metric_source text,
            third_metric_key text,
            fourth_metric_source text,
            fourth_metric_key text
        )
cross join
    lateral (
        values
        (boards.metric_source, boards.metric_key),
        (boards.fallback_metric_source, boards.fallback_metric_key),
        (boards.third_metric_source, boards.third_metric_key),
        (boards.fourth_metric_source, boards.fourth_metric_key)
    ) as metrics (metric_source, metric_key)
where metrics.metric_source not in ('season_progress', 'challenge_progress')
group by metrics.metric_source
order by metrics.metric_source
