{# Votes on METIS battles: made, changed, withdrawn. #}
select
    battle_id,
    wallet_address,
    action,
    side,
    tx_hash,
    log_index,
    voted_at as occurred_at

from {{ source('raw', 'influence_predictions') }}
where {{ is_counted('influence_predictions') }}
