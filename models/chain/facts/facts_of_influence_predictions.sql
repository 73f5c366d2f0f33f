{# Votes on battles, as the logs of METIS state them. One row per log. #}
{# What each event gives: the action, and the columns of side and influence. #}
{% for decoder, action, side, influence in [
    (
        'log_pvp_diamond_battle_spectator_added',
        'ADD', 'logs.winner', 'logs.influence_added',
    ),
    (
        'log_pvp_diamond_battle_spectator_vote_changed',
        'CHANGE', 'logs.new_winner', 'logs.new_influence',
    ),
    (
        'log_pvp_diamond_battle_spectator_withdrew',
        'WITHDRAW', 'logs.winner', 'logs.influence_removed',
    ),
    ('log_pvp_diamond_battle_spectator_removed', 'WITHDRAW', 'null::integer', 'null'),
] %}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.battle_id,
    logs.player as wallet_address,
    '{{ action }}' as action,
    {{ side }} as side,
    {{ influence }} as influence,
    logs.occurred_at as voted_at,
    {{ is_valid_log() }} as is_fact

from {{ ref(decoder) }} as logs
{{ 'union all' if not loop.last }}
{% endfor %}
