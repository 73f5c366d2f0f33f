-- Every mutation pair names three genes of its trait.
select
    pairs.trait,
    genes.name

from {{ ref('mutation_pairs') }} as pairs
cross join
    lateral (values (pairs.parent_a), (pairs.parent_b), (pairs.child)) as genes (name)
left join {{ ref('hero_traits') }} as traits
    on
        pairs.trait = traits.trait
        and genes.name = traits.name
where traits.name is null
