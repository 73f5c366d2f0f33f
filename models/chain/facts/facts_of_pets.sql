{# Versions of pets, as the logs of their changes state them. One row per log. #}
{#
   What an appearance looks like is not in the logs: the seed pet_appearances says it.
#}
select
    logs.chain_id,
    logs.block_number,
    logs.tx_hash,
    logs.log_index,
    logs.pet_id,
    logs.owner as owner_wallet,
    logs.pet__egg_type as egg_type,
    logs.pet__rarity as rarity,
    logs.pet__appearance as appearance,
    appearances.family,
    appearances.variant,
    logs.occurred_at as updated_at,
    {{ is_valid_log() }} as is_fact

from (
    select * from {{ ref('log_pet_core_pet_hatched_v2') }}
    union all
    select * from {{ ref('log_pet_core_pet_updated_v2') }}
) as logs
left join {{ ref('pet_appearances') }} as appearances
    on logs.pet__appearance = appearances.appearance
