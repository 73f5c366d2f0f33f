{# Tournament matches as each of the two players had them; byes are left out. #}
select
    tx_hash,
    log_index,
    chain_id,
    tournament_id,
    wallet_address,
    opponent_wallet,
    occurred_at,
    coalesce(winner_wallet = wallet_address, false) as is_won

-- A subquery and not a CTE, and no condition inside of it: otherwise the planner does
-- not use the indexes on player_a and player_b for the matches of a wallet.
from (
    select
        tx_hash,
        log_index,
        chain_id,
        tournament_id,
        winner_wallet,
        player_a as wallet_address,
        player_b as opponent_wallet,
        completed_at as occurred_at

    from {{ source('raw', 'tournament_matches') }}

    union all

    select
        tx_hash,
        log_index,
        chain_id,
        tournament_id,
        winner_wallet,
        player_b as wallet_address,
        player_a as opponent_wallet,
        completed_at as occurred_at

    from {{ source('raw', 'tournament_matches') }}
) as participations
where
    wallet_address is not null
    and opponent_wallet is not null
    and {{ is_counted('tournament_matches') }}
