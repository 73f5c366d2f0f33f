{# Deposits into and withdrawals from liquidity pools, with a sign. #}
select
    tx_hash,
    log_index,
    wallet_address,
    chain_id,
    pool_id,
    occurred_at,
    case action when 'DEPOSIT' then 1 else -1 end * lp_amount as lp_amount

from {{ source('raw', 'lp_stake_events') }}
where {{ is_counted('lp_stake_events') }}
