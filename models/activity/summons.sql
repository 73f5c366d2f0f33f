{# Heroes that each cluster summoned. One row per hero and window. #}
with

summons as (

    {{ by_cluster_and_window(ref('stg_hero_summons')) }}

)

select
    summons.cluster_id,
    summons.window_key,
    summons.chain_id,
    summons.hero_id,
    summons.rarity,
    summons.class_gene,
    summons.mutation_count,
    summons.domain_count,
    summons.occurred_at,
    -- both parents heavily mutated; looked up only for a child that kept a mutation
    case
        when summons.mutation_count >= 1
            then (
                select count(*) = 2
                from (
                    values (summons.summoner_id), (summons.assistant_id)
                ) as parents (hero_id)
                inner join {{ ref('hero_mutations') }} as mutations
                    on parents.hero_id = mutations.hero_id
                where mutations.mutation_count >= 3
            )
        else false
    end as is_royal,
    -- the third generation of own summons in which the mutations deepen
    case
        when summons.mutation_count >= 2
            then exists (
                select from {{ ref('stg_hero_summons') }} as parents
                inner join {{ ref('cluster_wallets') }} as parent_wallets
                    on parents.wallet_address = parent_wallets.wallet_address
                inner join {{ ref('stg_hero_summons') }} as grandparents
                    on
                        grandparents.hero_id
                        in (parents.summoner_id, parents.assistant_id)
                inner join {{ ref('cluster_wallets') }} as grandparent_wallets
                    on
                        grandparents.wallet_address
                        = grandparent_wallets.wallet_address
                where
                    parents.hero_id in (summons.summoner_id, summons.assistant_id)
                    and parent_wallets.cluster_id = summons.cluster_id
                    and grandparent_wallets.cluster_id = summons.cluster_id
                    and parents.occurred_at < summons.window_ends_at
                    and grandparents.occurred_at < summons.window_ends_at
                    and parents.mutation_count >= 2
                    and grandparents.mutation_count >= 1
            )
        else false
    end as is_geneweaver

from summons
