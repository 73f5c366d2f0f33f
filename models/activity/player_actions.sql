{# The days on which players did things. One row per action, cluster and window. #}
{#
   The seed player_action_kinds lists the kinds that count as an action.
#}
{% set facts = {
    "'QUEST'": ref('quests'),
    "'HUNT'": ref('hunts'),
    "'SUMMON'": ref('summons'),
    "'VENDOR'": ref('vendor_trades'),
    "'PATROL'": ref('patrols'),
    "'PVP_MATCH'": ref('pvp_matches'),
    "'TOURNAMENT_MATCH'": ref('tournament_matches'),
    "'RAFFLE_ENTRY'": ref('raffle_entries'),
    "'LP_MOVE'": ref('lp_moves'),
    "'LP_HARVEST'": ref('lp_harvests'),
    "'JEWELER_MOVE'": ref('jeweler_moves'),
    "'SHELL_EVENT'": ref('shell_movements'),
    "'SEASONAL_ACTION'": ref('seasonal_actions'),
    "'INFLUENCE_' || action": ref('influence_votes'),
    "'DISCORD_' || kind": ref('discord_interactions'),
} %}
with

actions as (

    {% for action_kind, activity in facts.items() -%}
    select
        cluster_id,
        window_key,
        {{ action_kind }} as action_kind,
        occurred_at

    from {{ activity }}
    where
        {{ action_kind }} in (
            select counted.action_kind from {{ ref('player_action_kinds') }} as counted
        )

    {{ 'union all' if not loop.last }}

    {% endfor -%}
)

select
    cluster_id,
    window_key,
    action_kind,
    occurred_at,
    {{ utc_day('occurred_at') }} as active_day

from actions
