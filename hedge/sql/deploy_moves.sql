-- How the values over all time of a metric source differ between what is live (the
-- temporary table before) and what was computed aside (computed_values): the clusters
-- whose value rises and falls, and those above zero on each side. A row per metric that
-- both have.
with

before_values as (

    select
        before.cluster_id,
        metrics.key as metric_key,
        case jsonb_typeof(metrics.value)
            when 'number' then (metrics.value)::numeric
            when 'boolean' then (metrics.value)::boolean::integer
        end as number
    from before
    cross join
        lateral jsonb_each(to_jsonb(before) - array['cluster_id', 'window_key'])
            as metrics
    where before.window_key = 'all_time'

),

after_values as (

    select
        cluster_id,
        metric_key,
        number
    from computed_values
    where window_key = 'all_time'

),

pairs as (

    select
        coalesce(before_values.metric_key, after_values.metric_key) as metric_key,
        coalesce(before_values.number, 0) as value_before,
        coalesce(after_values.number, 0) as value_after
    from before_values
    full join after_values
        on
            before_values.cluster_id = after_values.cluster_id
            and before_values.metric_key = after_values.metric_key

)

select
    metric_key,
    count(*) filter (where value_after > value_before) as clusters_up,
    count(*) filter (where value_after < value_before) as clusters_down,
    count(*) filter (where value_before > 0) as above_zero_before,
    count(*) filter (where value_after > 0) as above_zero_after,
    (select count(*) from app.wallet_clusters) as clusters
from pairs
where metric_key = any(%(metrics)s)
group by metric_key
order by metric_key
