{# Shells that were earned and claimed, as their logs state them. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    'EARN' as event_type,
    null as source,
    logs.earned_amount as shell_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_shells_earned') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    'CLAIM' as event_type,
    null as source,
    logs.claimed_amount as shell_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_shells_claimed') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    'EARN' as event_type,
    'DAILY_QUEST' as source,
    logs.reward_amount as shell_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_daily_shell_quest_complete') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    'EARN' as event_type,
    'WEEKLY_QUEST' as source,
    logs.reward_amount as shell_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_weekly_shell_quest_complete') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    'EARN' as event_type,
    'FREQUENT_QUESTER' as source,
    logs.reward_amount as shell_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_frequent_shell_quester_complete') }} as logs
