-- Every active challenge has a metric that exists.
select
    challenges.key,
    challenges.metric_source,
    challenges.metric_key

from {{ ref('challenges') }} as challenges
left join {{ ref('metrics') }} as metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
where challenges.state = 'live' and metrics.metric_key is null
