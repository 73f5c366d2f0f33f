-- The values of a metric over all time in the form of the view challenge_population:
-- every cluster, with zeros. Who is active is read live. The temporary view
-- calibrated_metric is the metric as JSON, by cluster and window.
create temporary table metric_population on commit drop as
with

measured as (

    select
        cluster_id,
        case value
            when 'true' then 1
            when 'false' then 0
            else (value #>> '{}')::numeric
        end as value

    from calibrated_metric
    where window_key = 'all_time'

)

select
    clusters.cluster_id,
    %(challenge)s as challenge_key,
    coalesce(measured.value, 0) as value,
    app.as_of() as verified_to,
    array_remove(
        array[
            'all',
            case when measured.value > 0 then 'nonzero' end,
            case
                when (recent.metrics #>> '{behavior_events,active_days}')::numeric > 0
                    then 'active'
            end
        ],
        null
    ) as populations

from analytics.clusters
left join measured on clusters.cluster_id = measured.cluster_id
left join analytics.cluster_metrics as recent
    on
        clusters.cluster_id = recent.cluster_id
        and recent.window_key = 'rolling_180d'
