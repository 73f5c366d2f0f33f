-- The metric sources that earlier runs have left out, each with the clusters; with a
-- scope only for the clusters in it.
select
    sources.metric_source,
    array_agg(metrics.cluster_id order by metrics.cluster_id) as clusters
from analytics.cluster_metrics as metrics
cross join lateral jsonb_object_keys(metrics.left_out) as sources (metric_source)
where
    metrics.left_out is not null
    and metrics.window_key = 'all_time'
    and (metrics.cluster_id = any(%(scope)s) or %(scope)s::text[] is null)
group by sources.metric_source
order by sources.metric_source
