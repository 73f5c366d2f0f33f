{# What the heroes that each cluster summoned carry on. One row per hero and window. #}
{#
   Parents and grandparents are looked up one by one, and only for children that kept a
   mutation: scalar subqueries, because a join would compute the mutations of all heroes.
#}
with

summons as (

    select
        summons.*,
        mutations.mutation_count,
        mutations.domain_count

    from {{ ref('summons') }} as summons
    cross join lateral ({{ upward_mutations('summons') }}) as mutations

)

select
    summons.cluster_id,
    summons.window_key,
    summons.chain_id,
    summons.hero_id,
    summons.occurred_at,
    summons.rarity,
    summons.class_gene,
    summons.mutation_count,
    summons.domain_count,
    -- both parents are heavily mutated, and the child kept a mutation
    case
        when summons.mutation_count >= 1
            then (
                select coalesce(sum((parents.mutation_count >= 3)::integer), 0)
                from {{ ref('hero_mutations') }} as parents
                where parents.hero_id = summons.summoner_id
            ) + (
                select coalesce(sum((parents.mutation_count >= 3)::integer), 0)
                from {{ ref('hero_mutations') }} as parents
                where parents.hero_id = summons.assistant_id
            ) = 2
        else false
    end as is_royal,
    -- the third own generation in a line in which the mutations deepen
    case
        when summons.mutation_count >= 2
            then exists (
                select from {{ ref('hero_mutations') }} as parents
                where
                    parents.hero_id
                    = any(array[summons.summoner_id, summons.assistant_id])
                    and parents.mutation_count >= 2
                    and {{ summoned_before_by_the_same('parents', as='summons') }}
                    and (
                        select count(*)
                        from {{ ref('hero_mutations') }} as grandparents
                        where
                            grandparents.hero_id
                            = any(array[parents.summoner_id, parents.assistant_id])
                            and grandparents.mutation_count >= 1
                            and {{ summoned_before_by_the_same(
                                'grandparents', as='summons'
                            ) }}
                    ) > 0
            )
        else false
    end as is_geneweaver

from summons
