{# The first transaction of each wallet on each chain. #}
select
    chain,
    address as wallet_address,
    first_tx_at

from {{ source('raw', 'wallet_first_seen') }}
where {{ is_counted('wallet_first_seen') }}
