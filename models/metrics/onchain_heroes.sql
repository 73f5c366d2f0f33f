{# Heroes a cluster owns at the end of the window. One row per cluster and window. #}
with

heroes as (

    select
        heroes.*,
        -- rarity 4 is mythic
        case when heroes.rarity = 4 then classes.name end as mythic_class

    from {{ ref('owned_heroes') }} as heroes
    left join {{ ref('hero_traits') }} as classes
        on
            classes.trait = 'class'
            and heroes.main_class = classes.name

),

metrics as (

    select
        cluster_id,
        window_key,
        sum(level)::bigint as total_levels,
        count(*) as hero_count,
        count(distinct mythic_class) as mythic_class_count

    from heroes
    group by cluster_id, window_key

)

select * from metrics
