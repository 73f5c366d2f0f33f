{# Genes that only an upward mutation produces. One row per trait and gene. #}
select
    pairs.trait,
    traits.gene

from {{ ref('mutation_pairs') }} as pairs
inner join {{ ref('hero_traits') }} as traits
    on
        pairs.trait = traits.trait
        and pairs.child = traits.name
