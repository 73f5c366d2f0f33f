{# Values of challenges with the populations that calibration compares them with. #}
{#
   A cluster is active if it did an action of player_action_kinds in the last 180 days,
   which behavior_events counts. The rolling value of a challenge cannot tell that: a
   state (levels, age, stakes) has a value without any action.
#}
select
    progress.cluster_id,
    progress.challenge_key,
    progress.value,
    greatest(progress.last_computed_at, verified.verified_to) as verified_to,
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
left join {{ verified_rows(ref('challenge_progress'), 'progress') }}
left join {{ ref('cluster_metrics') }} as recent
    on
        progress.cluster_id = recent.cluster_id
        and recent.window_key = 'rolling_180d'
