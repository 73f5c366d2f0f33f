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

    union all

    {% endfor -%}
    select
        cluster_id,
        window_key,
        'INFLUENCE_' || action as action_kind,
        occurred_at

    from {{ ref('influence_votes') }}

    union all

    select
        cluster_id,
        window_key,
        'DISCORD_' || kind as action_kind,
        occurred_at

    from {{ ref('discord_interactions') }}

)

select
    actions.cluster_id,
    actions.window_key,
    actions.action_kind,
    actions.occurred_at,
    {{ utc_day('actions.occurred_at') }} as active_day

from actions
inner join {{ ref('player_action_kinds') }} as counted
    on actions.action_kind = counted.action_kind
