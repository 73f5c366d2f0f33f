{# Items that hunts dropped. #}
select
    tx_hash,
    log_index,
    wallet_address,
    item_address,
    amount,
    dropped_at as occurred_at

from {{ source('raw', 'hunting_drops') }}
where {{ is_counted('hunting_drops') }}
