{# Shells earned, claimed and spent. #}
select
    tx_hash,
    log_index,
    wallet_address,
    event_type,
    shell_amount,
    occurred_at

from {{ source('raw', 'shell_events') }}
where {{ is_counted('shell_events') }}
