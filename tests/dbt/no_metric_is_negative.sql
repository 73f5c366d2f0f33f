-- No metric is below zero, also those that no challenge shows.
select
    cluster_id,
    window_key,
    metrics

from {{ ref('cluster_metrics') }}
where jsonb_path_exists(metrics, '$.*.* ? (@ < 0)')
