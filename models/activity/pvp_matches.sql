{# Matches of each cluster against another cluster. One row per match and window. #}
with

participations as (

    select
        matches.*,
        wallets.cluster_id,
        -- match_id first: it differs in most rows, so that the sort compares least
        count(*) over (
            partition by matches.match_id, matches.realm, wallets.cluster_id
        ) as own_wallets

    from {{ ref('stg_pvp_matches') }} as matches
    inner join {{ ref('linked_wallets') }} as wallets
        on matches.wallet_address = wallets.wallet_address

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
left join {{ ref('linked_wallets') }} as opponents
    on participations.opponent_wallet = opponents.wallet_address
where
    -- a match between two wallets of one cluster does not count
    participations.own_wallets = 1
    and opponents.cluster_id is distinct from participations.cluster_id
    and {{ counts_for('participations') }}
