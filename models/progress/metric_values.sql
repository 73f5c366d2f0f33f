{# Metrics that are not derived, in long form. A row per cluster, window and metric. #}
select
    cluster_metrics.cluster_id,
    cluster_metrics.window_key,
    sources.key as metric_source,
    metrics.key as metric_key,
    {{ metric_number('metrics.value') }} as value

from {{ ref('cluster_metrics') }} as cluster_metrics
cross join lateral jsonb_each(cluster_metrics.metrics) as sources
cross join lateral jsonb_each(sources.value) as metrics
where
    -- a value that is out of date counts nowhere
    cluster_metrics.left_out is null
    or not cluster_metrics.left_out ? sources.key
