{# Versions of heroes, each with the time it was superseded. #}
select
    hero_id,
    owner_wallet,
    main_class,
    rarity,
    level,
    is_rented,
    updated_at,
    -- not lead(): a condition on wallets is not pushed down below a window function
    (
        select min(later.updated_at)
        from {{ source('raw', 'heroes') }} as later
        where
            later.hero_id = heroes.hero_id
            and later.updated_at > heroes.updated_at
            and {{ is_counted('heroes', 'later') }}
    ) as superseded_at

from {{ source('raw', 'heroes') }} as heroes
where {{ is_counted('heroes', 'heroes') }}
