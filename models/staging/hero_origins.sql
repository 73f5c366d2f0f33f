{# Genes, parents and summoner of each hero, from its summon if known. #}
with

summons as (

    select distinct on (hero_id)
        hero_id,
        stat_genes,
        summoner_id,
        assistant_id,
        wallet_address,
        occurred_at

    from {{ ref('stg_hero_summons') }}
    order by hero_id, chain_id

),

heroes as (

    select distinct on (hero_id)
        hero_id,
        stat_genes,
        summoner_id,
        assistant_id,
        null as wallet_address,
        null::timestamptz as occurred_at

    from {{ source('raw', 'heroes') }} as heroes
    where
        stat_genes is not null
        and {{ is_counted('heroes', 'heroes') }}
        and not exists (
            select from {{ ref('stg_hero_summons') }} as summons
            where summons.hero_id = heroes.hero_id
        )
    order by hero_id asc, updated_at desc

),

origins as (

    select * from summons
    union all
    select * from heroes

)

select * from origins
