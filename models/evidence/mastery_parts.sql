{# Points of each metric in the scores of meta_profile. A row per metric and window. #}
with

parts as (

    select
        weights.score,
        known.cluster_id,
        known.window_key,
        greatest(known.last_computed_at, verified.verified_to) as occurred_at,
        weights.metric_source || '.' || weights.metric_key as metric,
        metric_values.value,
        weights.weight,
        metric_values.value * weights.weight as points,
        false as is_rounding

    from {{ ref('metric_values') }} as metric_values
    inner join {{ ref('mastery_weights') }} as weights
        on
            metric_values.metric_source = weights.metric_source
            and metric_values.metric_key = weights.metric_key
    inner join {{ ref('cluster_metrics') }} as known
        on
            metric_values.cluster_id = known.cluster_id
            and metric_values.window_key = known.window_key
    left join {{ verified_rows(ref('cluster_metrics'), 'known', 'known.window_key') }}

)

select * from parts

union all

-- the rounding to whole points, so that the parts add up to the score
select
    score,
    cluster_id,
    window_key,
    max(occurred_at) as occurred_at,
    'rounding' as metric,
    null as value,
    null as weight,
    round(sum(points)) - sum(points) as points,
    true as is_rounding

from parts
group by score, cluster_id, window_key
having round(sum(points)) != sum(points)
