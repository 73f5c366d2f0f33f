{# Liquidity that each cluster held. One row per pool, stretch of time and window. #}
{{ held_positions(
    ref('stg_lp_stake_events'),
    per=['chain_id', 'pool_id'],
    amounts=['lp_amount'],
    held_by='lp_amount',
) }}
