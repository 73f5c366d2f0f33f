{# What ladders are measured against: who has how much of what, in which populations. #}
{#
   Active is who did anything of player_action_kinds in the last 180 days. That is what
   behavior_events counts days of; a rolling value of any challenge would not do, because
   state (levels, age, stakes) stands without anybody doing anything.
#}
select
    progress.cluster_id,
    progress.challenge_key,
    progress.value,
    progress.last_computed_at,
    array_remove(
        array[
            'all',
            case when progress.value > 0 then 'nonzero' end,
            case
                when (recent.metrics #>> '{behavior_events,active_days}')::numeric > 0
                    then 'active'
            end
        ],
        null
    ) as populations

from {{ ref('challenge_progress') }} as progress
left join {{ ref('cluster_metrics') }} as recent
    on
        progress.cluster_id = recent.cluster_id
        and recent.window_key = 'rolling_180d'
