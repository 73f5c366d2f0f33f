-- Every mastery weight names a metric that exists and a score of meta_profile.
select
    weights.score,
    weights.metric_source,
    weights.metric_key

from {{ ref('mastery_weights') }} as weights
left join {{ ref('metrics') }} as metrics
    on
        weights.metric_source = metrics.metric_source
        and weights.metric_key = metrics.metric_key
left join {{ ref('metrics') }} as scores
    on
        scores.metric_source = 'meta_profile'
        and weights.score = scores.metric_key
where metrics.metric_key is null or scores.metric_key is null
