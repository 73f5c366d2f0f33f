{# Versions of pets, as the logs of their changes state them. One row per log. #}
{#
   What an appearance looks like is not in the logs: the seed pet_appearances says it. Where a pet
   changes hands, it is what its last log before said. Of the logs of a block the last one counts.
#}
select
    logs.chain_id,
    logs.block_number,
    logs.tx_hash,
    logs.log_index,
    logs.object_word,
    logs.pet_id,
    nullif(logs.owner, '0x0000000000000000000000000000000000000000') as owner_wallet,
    coalesce(logs.egg_type, states.egg_type) as egg_type,
    coalesce(logs.rarity, states.rarity) as rarity,
    coalesce(logs.appearance, states.appearance) as appearance,
    appearances.family,
    appearances.variant,
    logs.occurred_at as updated_at,
    {{ is_valid_log() }} as is_fact

from (
    {% for decoder in ['log_pet_core_pet_hatched_v2', 'log_pet_core_pet_updated_v2'] %}
    select
        chain_id,
        block_number,
        tx_hash,
        log_index,
        object_word,
        occurred_at,
        removed_at,
        is_decodable,
        pet_id,
        owner,
        pet__egg_type as egg_type,
        pet__rarity as rarity,
        pet__appearance as appearance,
        false as is_transfer
    from {{ ref(decoder) }}

    union all
    {% endfor %}
    select
        chain_id,
        block_number,
        tx_hash,
        log_index,
        object_word,
        occurred_at,
        removed_at,
        is_decodable,
        token_id as pet_id,
        receiver as owner, -- noqa: RF04
        null as egg_type,
        null as rarity,
        null as appearance,
        true as is_transfer
    from {{ ref('log_pet_core_transfer') }}
) as logs
-- noqa: disable=ST05
left join
    lateral (
        select earlier.*
        from (
            {% for decoder in [
                'log_pet_core_pet_hatched_v2', 'log_pet_core_pet_updated_v2',
            ] %}
            (
                select
                    earlier.block_number,
                    earlier.log_index,
                    earlier.pet__egg_type as egg_type,
                    earlier.pet__rarity as rarity,
                    earlier.pet__appearance as appearance
                from {{ ref(decoder) }} as earlier
                where logs.is_transfer and {{ is_earlier_log('earlier', 'logs') }}
                order by earlier.block_number desc, earlier.log_index desc
                limit 1
            )
            {{ 'union all' if not loop.last }}
            {% endfor %}
        ) as earlier
        order by earlier.block_number desc, earlier.log_index desc
        limit 1
    ) as states
    on true
left join {{ ref('pet_appearances') }} as appearances
    on coalesce(logs.appearance, states.appearance) = appearances.appearance
