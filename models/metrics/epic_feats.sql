{# Feats derived from the metrics of other sources. One row per cluster and window. #}
with

known as (

    select * from {{ ref('cluster_metrics') }}

),

metrics as (

    select
        cluster_id,
        window_key,
        {{ metric_value('onchain_metis_patrol', 'wins') }} >= 100
        and {{ metric_value('onchain_metis_patrol', 'elite_wins') }} >= 25
        and {{ metric_value('onchain_shells', 'shells_collected') }} >= 500
        and {{ metric_value('onchain_influence', 'bets_won') }} >= 50
        and {{ metric_value('onchain_tournaments', 'entries') }} >= 10
        and {{ metric_value('onchain_tournaments', 'top_finish') }} = 1
            as vangardian_unlocked,
        {{ metric_value('onchain_summoning', 'worldforged_count') }} >= 1
            as worldforged_summoner_unlocked,
        {{ metric_value('onchain_summoning', 'geneweaver_count') }} >= 1
            as grandmaster_geneweaver_unlocked,
        -- all classes of the seed; not unlocked when the seed is empty
        {{ metric_value('onchain_heroes', 'mythic_class_count') }} > 0
        and {{ metric_value('onchain_heroes', 'mythic_class_count') }} = (
            select count(*) from {{ ref('hero_traits') }} as traits
            where traits.trait = 'class'
        ) as eternal_collector_unlocked,
        {{ metric_value('onchain_staking', 'stake_duration_days') }} >= 1000
            as crowned_jeweler_unlocked,
        {{ metric_value('onchain_pets', 'odd_family_count') }} > 0
        and {{ metric_value('onchain_pets', 'odd_family_count') }} = (
            select count(*) from {{ ref('pet_families') }}
        ) as mythic_menagerie_unlocked

    from known

)

select * from metrics
