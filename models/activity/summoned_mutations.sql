{# Mutations of summoned heroes and of their parents. One row per hero and window. #}
{#
   Lateral subqueries look up the parents and grandparents of each hero that has a
   mutation. A join would compute the mutations of all heroes. The windows are joined
   last, because nothing of this depends on the window.
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
            -- a hero whose two parents are the same hero has that parent twice
            coalesce(sum(
                (parents.hero_id = summons.summoner_id)::integer
                + (parents.hero_id = summons.assistant_id)::integer
            ) filter (where parents.mutation_count >= 3), 0) as heavily_mutated_parents,
            -- The hero is the third generation that the cluster summoned, with more
            -- mutations in each: when both generations before it had been summoned.
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
                    and {{ summoned_by_same_cluster('parents', as='wallets') }}
                    and grandparents.hero_id
                    = any(array[parents.summoner_id, parents.assistant_id])
                    and grandparents.mutation_count >= 1
                    and {{ summoned_by_same_cluster('grandparents', as='wallets') }}
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
