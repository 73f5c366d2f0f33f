{# Deposits at the Jeweler and withdrawals, with a sign. #}
select
    tx_hash,
    log_index,
    wallet_address,
    occurred_at,
    case action when 'DEPOSIT' then 1 else -1 end * jewel_amount as jewel_amount,
    case action when 'DEPOSIT' then 1 else -1 end * cjewel_amount as cjewel_amount

from {{ source('raw', 'jeweler_events') }}
where {{ is_counted('jeweler_events') }}
