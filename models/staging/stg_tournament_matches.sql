{# Tournament matches as each of the two players had them; byes are left out. #}
select
    tx_hash,
    log_index,
    chain_id,
    tournament_id,
    player_a as wallet_address,
    player_b as opponent_wallet,
    coalesce(winner_wallet = player_a, false) as is_won,
    completed_at as occurred_at

from {{ source('raw', 'tournament_matches') }}
where player_b is not null

union all

select
    tx_hash,
    log_index,
    chain_id,
    tournament_id,
    player_b as wallet_address,
    player_a as opponent_wallet,
    coalesce(winner_wallet = player_b, false) as is_won,
    completed_at as occurred_at

from {{ source('raw', 'tournament_matches') }}
where player_b is not null
