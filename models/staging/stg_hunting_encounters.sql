{# Void Hunts, won and lost. #}
select
    chain_id,
    hunt_id,
    wallet_address,
    hunt_data_id,
    result,
    surviving_hero_count,
    surviving_hero_hp,
    encountered_at as occurred_at

from {{ source('raw', 'hunting_encounters') }}
where {{ is_counted('hunting_encounters') }}
