{# Votes on battles, as the logs of METIS state them. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.battle_id,
    logs.player as wallet_address,
    'ADD' as action,
    logs.winner as side,
    logs.influence_added as influence,
    logs.occurred_at as voted_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_battle_spectator_added') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.battle_id,
    logs.player as wallet_address,
    'CHANGE' as action,
    logs.new_winner as side,
    logs.new_influence as influence,
    logs.occurred_at as voted_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_battle_spectator_vote_changed') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.battle_id,
    logs.player as wallet_address,
    'WITHDRAW' as action,
    logs.winner as side,
    logs.influence_removed as influence,
    logs.occurred_at as voted_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_battle_spectator_withdrew') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.battle_id,
    logs.player as wallet_address,
    'WITHDRAW' as action,
    null::integer as side,
    null as influence,
    logs.occurred_at as voted_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_pvp_diamond_battle_spectator_removed') }} as logs
