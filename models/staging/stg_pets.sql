{# Versions of pets, each with the time it was superseded. #}
select
    pet_id,
    owner_wallet,
    rarity,
    family,
    variant,
    updated_at,
    -- Not lead(): a condition on wallets is not pushed down below a window function. A
    -- pet that is on two chains at one instant is on the one with the higher number.
    (
        select min(later.updated_at)
        from {{ source('raw', 'pets') }} as later
        where
            later.pet_id = pets.pet_id
            and (later.updated_at, later.chain_id) > (pets.updated_at, pets.chain_id)
            and {{ is_counted('pets', 'later') }}
    ) as superseded_at,
    chain_id

from {{ source('raw', 'pets') }} as pets
where {{ is_counted('pets', 'pets') }}
