{# Liquidity that was staked and withdrawn, as the logs state it. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    logs.pid as pool_id,
    'DEPOSIT' as action,
    {{ scaled_amount('logs.amount') }} as lp_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_lp_staking_diamond_deposit') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.player as wallet_address,
    logs.pid as pool_id,
    'WITHDRAW' as action,
    {{ scaled_amount('logs.amount') }} as lp_amount,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_lp_staking_diamond_withdraw') }} as logs
