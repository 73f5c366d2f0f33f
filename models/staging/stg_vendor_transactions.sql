{# Gold paid to vendors and received from them. #}
select
    tx_hash,
    log_index,
    wallet_address,
    method,
    direction,
    gold_amount,
    occurred_at

from {{ source('raw', 'vendor_transactions') }}
where {{ is_counted('vendor_transactions') }}
