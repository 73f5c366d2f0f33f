{# Tournament matches of each cluster against others. One row per match and window. #}
with

matches as (

    {{ by_cluster_and_window(ref('stg_tournament_matches')) }}

)

select
    matches.cluster_id,
    matches.window_key,
    matches.tx_hash,
    matches.log_index,
    matches.chain_id,
    matches.tournament_id,
    matches.is_won,
    matches.occurred_at

from matches
left join {{ ref('linked_wallets') }} as opponents
    on matches.opponent_wallet = opponents.wallet_address
-- a match between two wallets of one cluster does not count
where opponents.cluster_id is distinct from matches.cluster_id
