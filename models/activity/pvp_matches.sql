{# Matches of each cluster against somebody else. One row per match and window. #}
with

matches as (

    {{ by_cluster_and_window(ref('stg_pvp_matches')) }}

)

select
    cluster_id,
    window_key,
    realm,
    match_id,
    is_ranked,
    outcome,
    hero_deaths,
    occurred_at

from matches
where
    -- a match against oneself counts for nothing, told by the opponent's name
    not exists (
        select from {{ ref('cluster_wallets') }} as own_wallets
        where
            own_wallets.cluster_id = matches.cluster_id
            and own_wallets.wallet_address = matches.opponent_wallet
    )
    -- or by the opponent's own row of the match
    and not exists (
        select from {{ ref('stg_pvp_matches') }} as other_rows
        inner join {{ ref('cluster_wallets') }} as own_wallets
            on other_rows.wallet_address = own_wallets.wallet_address
        where
            other_rows.realm = matches.realm
            and other_rows.match_id = matches.match_id
            and other_rows.wallet_address != matches.wallet_address
            and own_wallets.cluster_id = matches.cluster_id
    )
