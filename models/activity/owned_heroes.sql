{# Heroes of each cluster at the end of each window; rented heroes have no owner. #}
with

heroes as (

    {{ owned_at_the_end(ref('stg_heroes'), of='hero_id') }}

)

select
    cluster_id,
    window_key,
    hero_id,
    updated_at,
    main_class,
    rarity,
    level

from heroes
where not is_rented
