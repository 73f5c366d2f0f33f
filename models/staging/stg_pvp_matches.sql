{# Player-versus-player results as each participant had them. #}
select
    realm,
    match_id,
    wallet_address,
    opponent_wallet,
    is_ranked,
    outcome,
    hero_deaths,
    matched_at as occurred_at

from {{ source('raw', 'pvp_matches') }}
where {{ is_counted('pvp_matches') }}
