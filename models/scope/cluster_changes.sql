{# Arrivals of data that can change a cluster's metrics. One row per change. #}
{#
   An incremental run computes the clusters that have a change since the last run. Most
   facts change the metrics of the cluster that their wallet belongs to. The other
   relations by which a fact can change a metric follow after those.
#}
{% set wallets_of_facts = {
    'hero_summons': ['summoner_wallet'],
    'heroes': ['owner_wallet'],
    'hunting_drops': ['wallet_address'],
    'hunting_encounters': ['wallet_address'],
    'influence_predictions': ['wallet_address'],
    'jeweler_events': ['wallet_address'],
    'lp_harvest_events': ['wallet_address'],
    'lp_stake_events': ['wallet_address'],
    'metis_patrol_events': ['wallet_address'],
    'pets': ['owner_wallet'],
    'pvp_matches': ['wallet_address'],
    'quest_completions': ['wallet_address'],
    'seasonal_event_actions': ['wallet_address'],
    'shell_events': ['wallet_address'],
    'shell_raffle_entries': ['wallet_address'],
    'shell_raffle_results': ['winner_wallet'],
    'tournament_entries': ['wallet_address'],
    'tournament_matches': ['player_a', 'player_b'],
    'vendor_transactions': ['wallet_address'],
    'wallet_first_seen': ['address'],
} %}
with

changes as (

    {% for table, columns in wallets_of_facts.items() -%}
    {% for column in columns -%}
    select
        wallets.cluster_id,
        facts.loaded_at as changed_at,
        '{{ table }}' as reason

    from {{ source('raw', table) }} as facts
    inner join {{ ref('cluster_wallets') }} as wallets
        on facts.{{ column }} = wallets.wallet_address

    union all

    {% endfor -%}
    {% endfor -%}

    {% for table, id, version in [
        ('heroes', 'hero_id', ['updated_at']),
        ('pets', 'pet_id', ['updated_at', 'chain_id']),
    ] -%}
    -- a new owner: the previous one has a hero or pet less
    select
        wallets.cluster_id,
        versions.loaded_at as changed_at,
        '{{ table }} that moved on' as reason

    from {{ source('raw', table) }} as versions
    cross join
        lateral (
            select earlier.owner_wallet
            from {{ source('raw', table) }} as earlier
            where
                earlier.{{ id }} = versions.{{ id }}
                and (earlier.{{ version | join(', earlier.') }})
                < (versions.{{ version | join(', versions.') }})
            order by earlier.{{ version | join(' desc, earlier.') }} desc
            limit 1
        ) as previous
    inner join {{ ref('cluster_wallets') }} as wallets
        on previous.owner_wallet = wallets.wallet_address

    union all

    {% endfor -%}

    {% for table in ['hero_summons', 'heroes'] -%}
    -- genes that became known count for clusters that summoned descendants
    select
        wallets.cluster_id,
        ancestors.loaded_at as changed_at,
        'ancestors in {{ table }}' as reason

    from {{ source('raw', table) }} as ancestors
    inner join {{ ref('hero_descendants') }} as descendants
        on ancestors.hero_id = descendants.ancestor_id
    inner join {{ source('raw', 'hero_summons') }} as summons
        on descendants.hero_id = summons.hero_id
    inner join {{ ref('cluster_wallets') }} as wallets
        on summons.summoner_wallet = wallets.wallet_address

    union all

    {% endfor -%}

    -- the result of a battle counts for the clusters that voted on it
    select
        wallets.cluster_id,
        battles.loaded_at as changed_at,
        'metis_battles' as reason

    from {{ source('raw', 'metis_battles') }} as battles
    inner join {{ source('raw', 'influence_predictions') }} as votes
        on battles.battle_id = votes.battle_id
    inner join {{ ref('cluster_wallets') }} as wallets
        on votes.wallet_address = wallets.wallet_address

    union all

    -- the price of a pool counts for the clusters that ever had a position in it
    select
        wallets.cluster_id,
        prices.loaded_at as changed_at,
        'lp_prices_daily' as reason

    from {{ source('raw', 'lp_prices_daily') }} as prices
    inner join {{ source('raw', 'lp_stake_events') }} as stakes
        on
            prices.chain_id = stakes.chain_id
            and prices.pool_id = stakes.pool_id
    inner join {{ ref('cluster_wallets') }} as wallets
        on stakes.wallet_address = wallets.wallet_address

    union all

    -- the price of JEWEL counts for the clusters that ever staked it
    select
        wallets.cluster_id,
        prices.loaded_at as changed_at,
        'token_prices_daily' as reason

    from {{ source('raw', 'token_prices_daily') }} as prices
    cross join {{ source('raw', 'jeweler_events') }} as stakes
    inner join {{ ref('cluster_wallets') }} as wallets
        on stakes.wallet_address = wallets.wallet_address
    where prices.token = 'JEWEL'

    union all

    select
        clusters.cluster_id,
        interactions.loaded_at as changed_at,
        'discord_interactions' as reason

    from {{ source('raw', 'discord_interactions') }} as interactions
    inner join {{ ref('clusters') }} as clusters
        on interactions.discord_id = clusters.discord_id

    union all

    select
        cluster_id,
        greatest(linked_at, unlinked_at) as changed_at,
        'wallet_links' as reason

    from {{ source('app', 'wallet_links') }}

    union all

    select
        clusters.cluster_id,
        greatest(clusters.created_at, players.changed_at) as changed_at,
        'players' as reason

    from {{ source('app', 'wallet_clusters') }} as clusters
    inner join {{ source('app', 'players') }} as players
        on clusters.player_id = players.player_id

)

select * from changes
