{# Entries into shell raffles, one row per entry action. #}
select
    tx_hash,
    log_index,
    raffle_id,
    wallet_address,
    entered_at as occurred_at

from {{ source('raw', 'shell_raffle_entries') }}
where {{ is_counted('shell_raffle_entries') }}
