{# Summoned heroes with their class and the upward mutations they carry. #}
with

summons as (

    select
        chain_id,
        hero_id,
        summoner_wallet as wallet_address,
        summoner_id,
        assistant_id,
        stat_genes,
        rarity,
        {{ trait_genes('stat_genes', 0) }} % 32 as class_gene,
        summoned_at as occurred_at

    from {{ source('raw', 'hero_summons') }}

)

select
    summons.*,
    mutations.mutation_count,
    mutations.domain_count

from summons
cross join lateral ({{ upward_mutations('summons') }}) as mutations
