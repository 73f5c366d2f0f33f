{# First transactions of each cluster's wallets. One row per wallet, chain, window. #}
select
    wallets.cluster_id,
    windows.window_key,
    windows.ends_at as window_ends_at,
    first_seen.chain,
    first_seen.wallet_address,
    first_seen.first_tx_at

from {{ ref('stg_wallet_first_seen') }} as first_seen
inner join {{ ref('cluster_wallets') }} as wallets
    on first_seen.wallet_address = wallets.wallet_address
inner join {{ ref('windows') }} as windows
    on first_seen.first_tx_at < windows.ends_at
