-- The first value in which two computations of a metric source differ, the temporary
-- tables one and other, and the number of values that do.
with

one_values as (

    select
        one.cluster_id,
        one.window_key,
        metrics.key as metric_key,
        metrics.value
    from one
    cross join
        lateral jsonb_each(to_jsonb(one) - array['cluster_id', 'window_key'])
            as metrics

),

other_values as (

    select
        other.cluster_id,
        other.window_key,
        metrics.key as metric_key,
        metrics.value
    from other
    cross join
        lateral jsonb_each(to_jsonb(other) - array['cluster_id', 'window_key'])
            as metrics

)

select
    coalesce(one_values.cluster_id, other_values.cluster_id) as cluster_id,
    coalesce(one_values.window_key, other_values.window_key) as window_key,
    coalesce(one_values.metric_key, other_values.metric_key) as metric_key,
    coalesce(one_values.value #>> '{}', 'no row') as one_value,
    coalesce(other_values.value #>> '{}', 'no row') as other_value,
    count(*) over () as number_of_values
from one_values
full join other_values
    on
        one_values.cluster_id = other_values.cluster_id
        and one_values.window_key = other_values.window_key
        and one_values.metric_key = other_values.metric_key
where one_values.value is distinct from other_values.value
order by
    coalesce(one_values.metric_key, other_values.metric_key),
    coalesce(one_values.cluster_id, other_values.cluster_id)
limit 1
