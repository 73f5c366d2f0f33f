{# Decided battles that each cluster bet on. One row per wallet, battle and window. #}
with

votes as (

    -- the last vote of a wallet before the end of a battle is its bet
    select distinct on (wallets.cluster_id, votes.wallet_address, votes.battle_id)
        wallets.cluster_id,
        votes.battle_id,
        votes.action,
        votes.side,
        battles.winner_side,
        battles.completed_at

    from {{ ref('stg_influence_predictions') }} as votes
    inner join {{ ref('cluster_wallets') }} as wallets
        on votes.wallet_address = wallets.wallet_address
    inner join {{ ref('stg_metis_battles') }} as battles
        on
            votes.battle_id = battles.battle_id
            and votes.occurred_at < battles.completed_at
    order by
        wallets.cluster_id asc,
        votes.wallet_address asc,
        votes.battle_id asc,
        votes.occurred_at desc,
        votes.tx_hash desc,
        votes.log_index desc

),

bets as (

    select
        cluster_id,
        battle_id,
        completed_at as occurred_at,
        coalesce(side = winner_side, false) as is_won

    from votes
    -- a withdrawal as the last vote leaves no bet, also none of an earlier vote
    where action != 'WITHDRAW'

)

select
    bets.*,
    windows.window_key

from bets
inner join {{ ref('windows') }} as windows
    on
        bets.occurred_at >= windows.starts_at
        and bets.occurred_at < windows.ends_at
