{# Items that hunts gave, as their logs state them. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.hunt_id,
    logs.player as wallet_address,
    logs.item as item_address,
    1 as amount,
    logs.equipment_type,
    logs.display_id,
    logs.rarity,
    logs.nft_id,
    logs.occurred_at as dropped_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_hunts_diamond_hunt_equipment_minted') }} as logs

union all

select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.hunt_id,
    logs.player as wallet_address,
    logs.item as item_address,
    logs.amount,
    null as equipment_type,
    null as display_id,
    null as rarity,
    null as nft_id,
    logs.occurred_at as dropped_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_hunts_diamond_hunt_reward_minted') }} as logs
