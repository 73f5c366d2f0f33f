{# What the heroes that each cluster summoned carry on. One row per hero and window. #}
{#
   Parents and grandparents are looked up one by one, and only for children that kept a
   mutation: lateral subqueries, because a join would compute the mutations of all heroes.
   None of it depends on the window, so the windows come last.
#}
with

summons as (

    select
        summons.*,
        wallets.cluster_id,
        mutations.mutation_count,
        mutations.domain_count,
        lineages.heavily_mutated_parents,
        lineages.geneweaver_from

    from {{ ref('stg_hero_summons') }} as summons
    inner join {{ ref('cluster_wallets') }} as wallets
        on summons.wallet_address = wallets.wallet_address
    cross join lateral ({{ upward_mutations('summons') }}) as mutations
    cross join lateral (
        select
            -- a hero summoned from itself twice has two such parents
            coalesce(sum(
                (parents.hero_id = summons.summoner_id)::integer
                + (parents.hero_id = summons.assistant_id)::integer
            ) filter (where parents.mutation_count >= 3), 0) as heavily_mutated_parents,
            -- the third own generation in a line in which the mutations deepen: the
            -- instant from which on both generations before were there
            min(greatest(parents.occurred_at, grandparents.occurred_at)) filter (
                where grandparents.occurred_at is not null
            ) as geneweaver_from

        from {{ ref('hero_mutations') }} as parents
        cross join
            lateral (
                select min(grandparents.occurred_at) as occurred_at
                from {{ ref('hero_mutations') }} as grandparents
                where
                    mutations.mutation_count >= 2
                    and parents.mutation_count >= 2
                    and {{ summoned_by_the_same('parents', as='wallets') }}
                    and grandparents.hero_id
                    = any(array[parents.summoner_id, parents.assistant_id])
                    and grandparents.mutation_count >= 1
                    and {{ summoned_by_the_same('grandparents', as='wallets') }}
            ) as grandparents
        where
            mutations.mutation_count >= 1
            and parents.hero_id
            = any(array[summons.summoner_id, summons.assistant_id])
    ) as lineages

)

select
    summons.cluster_id,
    windows.window_key,
    summons.chain_id,
    summons.hero_id,
    summons.occurred_at,
    summons.rarity,
    summons.class_gene,
    summons.mutation_count,
    summons.domain_count,
    -- both parents are heavily mutated, and the child kept a mutation
    summons.heavily_mutated_parents = 2 as is_royal,
    coalesce(summons.geneweaver_from < windows.ends_at, false) as is_geneweaver

from summons
inner join {{ ref('windows') }} as windows
    on
        summons.occurred_at >= windows.starts_at
        and summons.occurred_at < windows.ends_at
