-- No value over the last 180 days is above the value over all time, except of states.
select
    progress.cluster_id,
    progress.challenge_key,
    progress.value,
    progress.rolling_value

from {{ ref('challenge_progress') }} as progress
inner join {{ ref('challenges') }} as challenges
    on progress.challenge_key = challenges.key
inner join {{ ref('metrics') }} as metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
where
    metrics.window_behaviour in ('in the window', 'the part inside the window')
    and progress.rolling_value > progress.value
