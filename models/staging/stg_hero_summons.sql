{# Summoned heroes, each with its class. #}
select
    chain_id,
    hero_id,
    summoner_wallet as wallet_address,
    summoner_id,
    assistant_id,
    stat_genes,
    rarity,
    summoned_at as occurred_at,
    {{ trait_genes('stat_genes', 0) }} % 32 as class_gene

from {{ source('raw', 'hero_summons') }}
where {{ is_counted('hero_summons') }}
