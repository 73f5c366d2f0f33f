{# Pairs of clusters that win in turns against each other. One row per pair. #}
with

-- both sides of a match have a row of it, or one has; each match counts once
played as (

    select distinct on (matches.realm, matches.match_id)
        matches.occurred_at,
        matches.realm,
        matches.match_id,
        least(wallets.cluster_id, opponents.cluster_id) as first_cluster,
        greatest(wallets.cluster_id, opponents.cluster_id) as second_cluster,
        case matches.outcome
            when 'WIN' then wallets.cluster_id
            else opponents.cluster_id
        end as winner

    from {{ ref('stg_pvp_matches') }} as matches
    inner join {{ ref('cluster_wallets') }} as wallets
        on matches.wallet_address = wallets.wallet_address
    inner join {{ ref('cluster_wallets') }} as opponents
        on matches.opponent_wallet = opponents.wallet_address
    where
        matches.occurred_at >= app.as_of() - interval '90 days'
        and matches.occurred_at < app.as_of()
        and matches.outcome in ('WIN', 'LOSS')
        and wallets.cluster_id <> opponents.cluster_id
    order by matches.realm, matches.match_id, matches.wallet_address

),

in_order as (

    select
        *,
        lag(winner) over (
            partition by first_cluster, second_cluster
            order by occurred_at, realm, match_id
        ) as winner_before

    from played

),

pairs as (

    select
        first_cluster,
        second_cluster,
        count(*) as matches,
        count(*) filter (where winner <> winner_before) as turns,
        count(*) filter (where winner = first_cluster) as wins_of_first,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at

    from in_order
    group by first_cluster, second_cluster

)

select
    'onchain_pvp.wins' as metric,
    matches as facts,
    first_at,
    last_at,
    array[first_cluster, second_cluster] as cluster_ids,
    format(
        'the winner changed %s times in %s matches of 90 days against one opponent',
        turns,
        matches
    ) as reason,
    jsonb_build_object(
        'matches', matches,
        'turns', turns,
        'wins', jsonb_build_object(
            first_cluster, wins_of_first, second_cluster, matches - wins_of_first
        )
    ) as details

from pairs
where
    matches >= 12
    and turns >= 0.9 * (matches - 1)
