-- No value over the last 180 days is above the value over all time, except of states.
select
    cluster_id,
    challenge_key,
    value,
    rolling_value

from {{ ref('challenge_progress') }}
where
    rolling_value > value
    -- an array, because the planner would read all rows of each of them by the index
    and challenge_key = any(
        array(
            select challenges.key
            from {{ ref('challenges') }} as challenges
            inner join {{ ref('metrics') }} as metrics
                on
                    challenges.metric_source = metrics.metric_source
                    and challenges.metric_key = metrics.metric_key
            where
                metrics.window_behaviour in (
                    'in the window', 'the part inside the window'
                )
        )
    )
