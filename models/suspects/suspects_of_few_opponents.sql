{# Clusters that play nearly all of their matches against the same few wallets. #}
with

matches as (

    select
        wallets.cluster_id,
        matches.opponent_wallet,
        matches.realm,
        matches.match_id,
        matches.outcome,
        matches.occurred_at

    from {{ ref('stg_pvp_matches') }} as matches
    inner join {{ ref('cluster_wallets') }} as wallets
        on matches.wallet_address = wallets.wallet_address
    left join {{ ref('linked_wallets') }} as opponents
        on matches.opponent_wallet = opponents.wallet_address
    where
        matches.occurred_at >= app.as_of() - interval '90 days'
        and matches.occurred_at < app.as_of()
        -- a match against oneself counts for nothing
        and opponents.cluster_id is distinct from wallets.cluster_id

),

by_opponent as (

    select
        cluster_id,
        opponent_wallet,
        count(*) as matches,
        count(*) filter (where outcome = 'WIN') as wins,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        row_number() over (
            partition by cluster_id order by count(*) desc, opponent_wallet
        ) as place

    from matches
    where opponent_wallet is not null
    group by cluster_id, opponent_wallet

),

by_cluster as (

    select
        cluster_id,
        sum(matches) as matches,
        sum(matches) filter (where place <= 3) as matches_with_few,
        sum(wins) filter (where place <= 3) as wins_over_few,
        min(first_at) filter (where place <= 3) as first_at,
        max(last_at) filter (where place <= 3) as last_at,
        least(count(*), 3) as few,
        jsonb_object_agg(opponent_wallet, matches) filter (where place <= 3)
            as opponents

    from by_opponent
    group by cluster_id

)

select
    'onchain_pvp.wins' as metric,
    matches_with_few::bigint as facts,
    first_at,
    last_at,
    array[cluster_id] as cluster_ids,
    format(
        '%s of %s matches in 90 days were against the same %s',
        matches_with_few,
        matches,
        case few when 1 then 'wallet' else few || ' wallets' end
    ) as reason,
    jsonb_build_object('wins', wins_over_few, 'matches_by_opponent', opponents)
        as details

from by_cluster
where
    matches >= 20
    and matches_with_few >= 0.8 * matches
