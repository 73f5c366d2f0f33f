{# Void Hunts won, bosses felled, relics found. One row per cluster and window. #}
with

results as (

    select
        cluster_id,
        window_key,
        hunt_data_id,
        -- null survivors are unknown and do not count
        coalesce(surviving_hero_count = 1 and surviving_hero_hp = 1, false)
            as is_narrow,
        0 as relics

    from {{ ref('hunts') }}
    where result = 'WIN'

    union all

    select
        drops.cluster_id,
        drops.window_key,
        null as hunt_data_id,
        false as is_narrow,
        drops.amount as relics

    from {{ ref('hunt_drops') }} as drops
    inner join {{ ref('relic_items') }} as relic_items
        on drops.item_address = relic_items.item_address

),

metrics as (

    select
        cluster_id,
        window_key,
        count(hunt_data_id) as wins,
        -- hunt data 1 is the Mad Boar and 2 the Bad Motherclucker
        count(*) filter (where hunt_data_id = 2) as motherclucker_kills,
        count(*) filter (where hunt_data_id = 1) as mad_boar_kills,
        sum(relics)::numeric(60, 6) as relics_found,
        coalesce(bool_or(is_narrow) filter (where hunt_data_id = 2), false)
            as clucker_miracle

    from results
    group by cluster_id, window_key

)

select * from metrics
