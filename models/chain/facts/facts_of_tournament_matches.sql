{# Tournament matches, as the logs of METIS state them. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.tournament_id,
    logs.bracket_slot,
    logs.player_a,
    nullif(logs.player_b, '0x0000000000000000000000000000000000000000') as player_b,
    nullif(logs.winner, '0x0000000000000000000000000000000000000000') as winner_wallet,
    logs.block_number,
    logs.occurred_at as completed_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_tournament_match') }} as logs
