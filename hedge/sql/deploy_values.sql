-- The values of a metric source that was computed aside (the temporary table computed),
-- a row per cluster, window and metric.
create temporary view computed_values as
select
    computed.cluster_id,
    computed.window_key,
    metrics.key as metric_key,
    metrics.value,
    case jsonb_typeof(metrics.value)
        when 'number' then (metrics.value)::numeric
        when 'boolean' then (metrics.value)::boolean::integer
    end as number
from computed
cross join
    lateral jsonb_each(to_jsonb(computed) - array['cluster_id', 'window_key'])
        as metrics
