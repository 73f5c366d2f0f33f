{# Matches of each cluster against somebody else. One row per match and window. #}
with

participations as (

    select
        matches.*,
        wallets.cluster_id,
        opponents.cluster_id as opponent_cluster_id,
        count(*) over (
            partition by wallets.cluster_id, matches.realm, matches.match_id
        ) as own_wallets

    from {{ ref('stg_pvp_matches') }} as matches
    inner join {{ ref('cluster_wallets') }} as wallets
        on matches.wallet_address = wallets.wallet_address
    left join {{ ref('cluster_wallets') }} as opponents
        on matches.opponent_wallet = opponents.wallet_address

)

select
    participations.cluster_id,
    windows.window_key,
    participations.realm,
    participations.match_id,
    participations.is_ranked,
    participations.outcome,
    participations.hero_deaths,
    participations.occurred_at

from participations
inner join {{ ref('windows') }} as windows
    on
        participations.occurred_at >= windows.starts_at
        and participations.occurred_at < windows.ends_at
where
    -- a match against oneself counts for nothing
    participations.own_wallets = 1
    and participations.opponent_cluster_id is distinct from participations.cluster_id
