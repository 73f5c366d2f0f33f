-- The value of a metric that a cluster has in a window, from the temporary view
-- results; 0 where it has none, and null where there is no such metric.
select
    case
        when
            exists (
                select from analytics.metrics
                where
                    metrics.metric_source = %(metric_source)s
                    and metrics.metric_key = %(metric_key)s
            )
            then trim_scale(coalesce(max(results.value), 0))
    end as value
from pg_temp.results
where
    results.cluster_id = %(cluster)s
    and results.window_key = %(window)s
    and results.metric_source = %(metric_source)s
    and results.metric_key = %(metric_key)s
