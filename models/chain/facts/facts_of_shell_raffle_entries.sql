{# Entries in raffles, as the logs state them. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.raffle_id,
    logs.player as wallet_address,
    logs.tickets,
    logs.occurred_at as entered_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_duels_raffle_master_raffle_entered') }} as logs
