{# The metrics of the catalogue by cluster and window, for the semantic layer. #}
select
    results.cluster_id,
    results.window_key,
    results.value,
    cluster_metrics.last_computed_at,
    greatest(cluster_metrics.last_computed_at, verified.verified_to) as verified_to,
    -- by which the semantic layer joins the row of the seed, with unit and definition
    results.metric_source || '.' || results.metric_key as metric

from {{ ref('metric_results') }} as results
inner join {{ ref('cluster_metrics') }} as cluster_metrics
    on
        results.cluster_id = cluster_metrics.cluster_id
        and results.window_key = cluster_metrics.window_key
left join
    {{
        verified_rows(
            ref('cluster_metrics'), 'cluster_metrics', 'cluster_metrics.window_key'
        )
    }}
-- sources have columns that are only parts of other metrics
inner join {{ ref('metrics') }} as metrics
    on
        results.metric_source = metrics.metric_source
        and results.metric_key = metrics.metric_key
