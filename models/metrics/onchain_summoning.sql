{# Summoning: mutations, myths, lineages, legends. One row per cluster and window. #}
with

summons as (

    select
        summons.*,
        classes.name as class_name

    from {{ ref('summoned_mutations') }} as summons
    left join {{ ref('hero_traits') }} as classes
        on
            classes.trait = 'class'
            and summons.class_gene = classes.gene

),

counted as (

    select
        cluster_id,
        window_key,
        bool_or(domain_count >= 2) as perfect_pairing_unlocked,
        count(*) filter (where mutation_count >= 3) as mutagenic_specialist_count,
        -- rarity 4 is mythic
        count(*) filter (where rarity = 4) as mythmaker_count,
        count(*) filter (where is_royal) as royal_lineage_count,
        coalesce(bool_or(class_name = 'Dragoon'), false) as has_dragoon,
        coalesce(bool_or(class_name = 'Sage'), false) as has_sage,
        coalesce(bool_or(class_name = 'Spellbow'), false) as has_spellbow,
        coalesce(bool_or(class_name = 'DreadKnight'), false) as has_dreadknight,
        count(*) filter (
            where class_name = 'DreadKnight' and mutation_count >= 4
        ) as worldforged_count,
        count(*) filter (where is_geneweaver) as geneweaver_count

    from summons
    group by cluster_id, window_key

),

metrics as (

    select
        *,
        (has_dragoon and has_sage and has_spellbow and has_dreadknight)::integer
            as legendary_class_flags

    from counted

)

select * from metrics
