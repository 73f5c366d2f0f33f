{# The clusters whose metrics a change can move. One row per change note and cluster. #}
{#
   Every change of facts, links and accounts leaves notes with the things it touched
   (models/staging/_sources.yml says which for each raw table). Most facts change the
   metrics of the cluster that their wallet belongs to. The other relations by which a
   fact can change a metric have branches of their own.
#}
{% set note = 'notes.table_name, notes.operation, notes.from_at, notes.taken_by' %}
with

touched as (

    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    inner join {{ ref('linked_wallets') }} as wallets
        on notes.key = wallets.wallet_address
    where notes.kind = 'wallet'

    union all

    {% for table, id, order in [
        ('heroes', 'hero_id', ['updated_at']),
        ('pets', 'pet_id', ['updated_at', 'chain_id']),
    ] -%}
    -- the owner before the first changed version has one hero or pet less or more; so
    -- do the owners of the versions after it
    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    cross join
        lateral (
            select versions.owner_wallet
            from {{ source('raw', table) }} as versions
            where
                versions.{{ id }} = notes.object_id
                and versions.updated_at between notes.from_at and notes.to_at

            union all

            (
                select versions.owner_wallet
                from {{ source('raw', table) }} as versions
                where
                    versions.{{ id }} = notes.object_id
                    and versions.updated_at < notes.from_at
                order by versions.{{ order | join(' desc, versions.') }} desc
                limit 1
            )
        ) as owners
    inner join {{ ref('linked_wallets') }} as wallets
        on owners.owner_wallet = wallets.wallet_address
    where notes.kind = '{{ id | replace("_id", "_version") }}'

    union all

    {% endfor -%}

    -- the genes and parents of a hero count for clusters that summoned its descendants
    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    inner join {{ ref('hero_descendants') }} as descendants
        on notes.object_id = descendants.ancestor_id
    inner join {{ source('raw', 'hero_summons') }} as summons
        on descendants.hero_id = summons.hero_id
    inner join {{ ref('linked_wallets') }} as wallets
        on summons.summoner_wallet = wallets.wallet_address
    where notes.kind in ('hero_genes', 'hero_version')

    union all

    -- the result of a battle counts for the clusters that voted on it
    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    inner join {{ source('raw', 'influence_predictions') }} as votes
        on notes.object_id = votes.battle_id
    inner join {{ ref('linked_wallets') }} as wallets
        on votes.wallet_address = wallets.wallet_address
    where notes.kind = 'battle'

    union all

    -- the price of a pool counts for the clusters that ever had a position in it
    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    inner join {{ source('raw', 'lp_stake_events') }} as stakes
        on
            notes.chain_id = stakes.chain_id
            and notes.id_on_chain = stakes.pool_id
    inner join {{ ref('linked_wallets') }} as wallets
        on stakes.wallet_address = wallets.wallet_address
    where notes.kind = 'pool'

    union all

    -- the price of JEWEL counts for the clusters that ever staked it
    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    cross join {{ source('raw', 'jeweler_events') }} as stakes
    inner join {{ ref('linked_wallets') }} as wallets
        on stakes.wallet_address = wallets.wallet_address
    where
        notes.kind = 'token'
        and notes.key = 'JEWEL'

    union all

    -- whether a tournament is official counts for every cluster that is registered for
    -- it or played in it
    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    inner join {{ source('raw', 'tournament_entries') }} as entries
        on
            notes.chain_id = entries.chain_id
            and notes.id_on_chain = entries.tournament_id
    inner join {{ ref('linked_wallets') }} as wallets
        on entries.wallet_address = wallets.wallet_address
    where notes.kind = 'tournament'

    union all

    select
        {{ note }},
        wallets.cluster_id

    from {{ ref('change_notes') }} as notes
    inner join {{ source('raw', 'tournament_matches') }} as matches
        on
            notes.chain_id = matches.chain_id
            and notes.id_on_chain = matches.tournament_id
    inner join {{ ref('linked_wallets') }} as wallets
        on wallets.wallet_address in (matches.player_a, matches.player_b)
    where notes.kind = 'tournament'

    union all

    select
        {{ note }},
        owners.cluster_id

    from {{ ref('change_notes') }} as notes
    inner join {{ ref('discord_accounts') }} as owners
        on notes.key = owners.discord_id
    where notes.kind = 'discord_account'

    union all

    -- also a cluster that was deleted, whose rows are removed
    select
        {{ note }},
        notes.key as cluster_id

    from {{ ref('change_notes') }} as notes
    where notes.kind = 'cluster'

)

select * from touched
