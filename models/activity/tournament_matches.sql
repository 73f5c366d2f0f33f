{# Tournament matches of each cluster against others. One row per match and window. #}
with

matches as (

    {{ by_cluster_and_window(ref('stg_tournament_matches')) }}

)

select
    cluster_id,
    window_key,
    tx_hash,
    log_index,
    chain_id,
    tournament_id,
    is_won,
    occurred_at

from matches
where
    not exists (
        select from {{ ref('cluster_wallets') }} as own_wallets
        where
            own_wallets.cluster_id = matches.cluster_id
            and own_wallets.wallet_address = matches.opponent_wallet
    )
