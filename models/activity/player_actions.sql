{# The days on which players did things. One row per action, cluster and window. #}
{#
   Which kinds count as an action is a list, the seed player_action_kinds.
#}
{% set facts = {
    'QUEST': ref('quests'),
    'HUNT': ref('hunts'),
    'SUMMON': ref('summons'),
    'VENDOR': ref('vendor_trades'),
    'PATROL': ref('patrols'),
    'PVP_MATCH': ref('pvp_matches'),
    'TOURNAMENT_MATCH': ref('tournament_matches'),
    'RAFFLE_ENTRY': ref('raffle_entries'),
    'LP_MOVE': ref('lp_moves'),
    'LP_HARVEST': ref('lp_harvests'),
    'JEWELER_MOVE': ref('jeweler_moves'),
    'SHELL_EVENT': ref('shell_movements'),
    'SEASONAL_ACTION': ref('seasonal_actions'),
} %}
with

actions as (

    {% for action, activity in facts.items() -%}
    select
        cluster_id,
        window_key,
        '{{ action }}' as action_kind,
        occurred_at

    from {{ activity }}
    where
        '{{ action }}' in (
            select counted.action_kind from {{ ref('player_action_kinds') }} as counted
        )

    union all

    {% endfor -%}
    select
        votes.cluster_id,
        votes.window_key,
        counted.action_kind,
        votes.occurred_at

    from {{ ref('influence_votes') }} as votes
    inner join {{ ref('player_action_kinds') }} as counted
        on 'INFLUENCE_' || votes.action = counted.action_kind

    union all

    select
        interactions.cluster_id,
        interactions.window_key,
        counted.action_kind,
        interactions.occurred_at

    from {{ ref('discord_interactions') }} as interactions
    inner join {{ ref('player_action_kinds') }} as counted
        on 'DISCORD_' || interactions.kind = counted.action_kind

)

select
    cluster_id,
    window_key,
    action_kind,
    occurred_at,
    {{ utc_day('occurred_at') }} as active_day

from actions
