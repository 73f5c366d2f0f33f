{# Claims of liquidity rewards. #}
select
    tx_hash,
    log_index,
    wallet_address,
    chain_id,
    pool_id,
    harvested_at as occurred_at

from {{ source('raw', 'lp_harvest_events') }}
where {{ is_counted('lp_harvest_events') }}
