{# Rewards of liquidity that were claimed, as the logs state them. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    logs.pid as pool_id,
    {{ scaled_amount('logs.amount') }} as reward_amount,
    logs.occurred_at as harvested_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_lp_staking_diamond_reward_claimed') }} as logs
