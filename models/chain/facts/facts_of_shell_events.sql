{# Shells that were earned and claimed, as their logs state them. One row per log. #}
{# What each event gives: the type, the source, and the column of the amount. #}
{% for decoder, event_type, source, amount in [
    ('log_pvp_diamond_shells_earned', 'EARN', none, 'earned_amount'),
    ('log_pvp_diamond_shells_claimed', 'CLAIM', none, 'claimed_amount'),
    (
        'log_pvp_diamond_daily_shell_quest_complete',
        'EARN', 'DAILY_QUEST', 'reward_amount',
    ),
    (
        'log_pvp_diamond_weekly_shell_quest_complete',
        'EARN', 'WEEKLY_QUEST', 'reward_amount',
    ),
    (
        'log_pvp_diamond_frequent_shell_quester_complete',
        'EARN', 'FREQUENT_QUESTER', 'reward_amount',
    ),
] %}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    '{{ event_type }}' as event_type,
    {{ "'" ~ source ~ "'" if source else 'null' }} as source,
    logs.{{ amount }} as shell_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref(decoder) }} as logs
{{ 'union all' if not loop.last }}
{% endfor %}
