{# Summons of the four legendary classes. One row per hero and window. #}
with

summons as (

    select
        summons.*,
        classes.name as class_name

    from {{ ref('summons') }} as summons
    inner join {{ ref('hero_traits') }} as classes
        on
            classes.trait = 'class'
            and summons.class_gene = classes.gene
    where classes.name in ('Dragoon', 'Sage', 'Spellbow', 'DreadKnight')

),

numbered as (

    select
        *,
        dense_rank() over (
            partition by cluster_id, window_key order by class_name
        ) as class_number

    from summons

)

select
    cluster_id,
    window_key,
    chain_id,
    hero_id,
    occurred_at,
    class_name,
    max(class_number) over (partition by cluster_id, window_key) as class_count

from numbered
