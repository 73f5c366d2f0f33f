{# Pets a cluster owns at the end of the window. One row per cluster and window. #}
with

pets as (

    select
        pets.*,
        weights.weight,
        case
            when pets.variant in ('ODD', 'ULTRA_ODD') then families.family
        end as odd_family

    from {{ ref('owned_pets') }} as pets
    left join {{ ref('weights') }} as weights
        on
            weights.code = 'pet_rarity_weight'
            and weights.kind = pets.rarity::text
    left join {{ ref('pet_families') }} as families
        on pets.family = families.family

),

metrics as (

    select
        cluster_id,
        window_key,
        coalesce(sum(weight), 0)::numeric(60, 6) as rarity_score,
        count(distinct odd_family) as odd_family_count

    from pets
    group by cluster_id, window_key

)

select * from metrics
