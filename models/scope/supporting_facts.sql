{# The raw facts that a value of now can rest on. One row per cluster and fact. #}
{#
   Now is the as-of instant. Values count the facts of the wallets that are linked, in
   every raw table whose source says which columns hold wallets; the branches after them
   are what else models read for these: other versions of what a wallet owned, ancestors
   of summoned heroes, battles that were voted on, prices of what was staked, and whether
   others say that a tournament is official. Facts that lead to these are bounded by the
   instant as well: what a wallet gets tomorrow adds nothing to a value of today. A fact
   may have several rows. Only explanations and proofs read this view; no mart is
   computed from it.
#}
with

facts as (

    {% for table in tables_with_wallets() -%}
    {% set facts = source('raw', table) -%}
    {% for wallet in columns_of_notes(table, 'wallet') -%}
    {{ supporting_fact(table) }}
    from {{ ref('cluster_wallets') }} as wallets
    inner join {{ facts }} as facts on wallets.wallet_address = facts.{{ wallet }}
    where {{ is_until_now(table) }}

    union all

    {% endfor -%}
    {% endfor -%}

    {% for table, id in [('heroes', 'hero_id'), ('pets', 'pet_id')] -%}
    -- the versions of other owners begin or end those of the cluster
    {{ supporting_fact(table) }}
    from {{ ref('cluster_wallets') }} as wallets
    inner join {{ source('raw', table) }} as owned_ones
        on wallets.wallet_address = owned_ones.owner_wallet
    inner join {{ source('raw', table) }} as facts
        on
            owned_ones.{{ id }} = facts.{{ id }}
            and facts.owner_wallet is distinct from owned_ones.owner_wallet
    where {{ is_until_now(table) }} and {{ is_until_now(table, 'owned_ones') }}

    union all

    {% endfor -%}

    {% for table in ['hero_summons', 'heroes'] -%}
    {{ supporting_fact(table) }}
    from {{ ref('cluster_wallets') }} as wallets
    inner join {{ source('raw', 'hero_summons') }} as summons
        on wallets.wallet_address = summons.summoner_wallet
    inner join {{ ref('hero_descendants') }} as descendants
        on summons.hero_id = descendants.hero_id
    inner join {{ source('raw', table) }} as facts
        on descendants.ancestor_id = facts.hero_id
    where
        {{ is_until_now(table) }}
        and {{ is_until_now('hero_summons', 'summons') }}

    union all

    {% endfor -%}

    {{ supporting_fact('metis_battles') }}
    from {{ ref('cluster_wallets') }} as wallets
    inner join {{ source('raw', 'influence_predictions') }} as votes
        on wallets.wallet_address = votes.wallet_address
    inner join {{ source('raw', 'metis_battles') }} as facts
        on votes.battle_id = facts.battle_id
    where
        {{ is_until_now('metis_battles') }}
        and {{ is_until_now('influence_predictions', 'votes') }}

    union all

    {% for wallet in ['player_a', 'player_b'] -%}
    {{ supporting_fact('tournament_entries') }}
    from {{ ref('cluster_wallets') }} as wallets
    inner join {{ source('raw', 'tournament_matches') }} as played
        on wallets.wallet_address = played.{{ wallet }}
    inner join {{ source('raw', 'tournament_entries') }} as facts
        on
            played.chain_id = facts.chain_id
            and played.tournament_id = facts.tournament_id
    where
        {{ is_until_now('tournament_entries') }}
        and {{ is_until_now('tournament_matches', 'played') }}

    union all

    {% endfor -%}

    {{ supporting_fact('lp_prices_daily') }}
    from (
        select distinct
            wallets.cluster_id,
            stakes.chain_id,
            stakes.pool_id
        from {{ ref('cluster_wallets') }} as wallets
        inner join {{ source('raw', 'lp_stake_events') }} as stakes
            on wallets.wallet_address = stakes.wallet_address
        where {{ is_until_now('lp_stake_events', 'stakes') }}
    ) as wallets
    inner join {{ source('raw', 'lp_prices_daily') }} as facts
        on wallets.chain_id = facts.chain_id and wallets.pool_id = facts.pool_id
    where {{ is_until_now('lp_prices_daily') }}

    union all

    {{ supporting_fact('token_prices_daily') }}
    from (
        select distinct wallets.cluster_id
        from {{ ref('cluster_wallets') }} as wallets
        inner join {{ source('raw', 'jeweler_events') }} as stakes
            on wallets.wallet_address = stakes.wallet_address
        where {{ is_until_now('jeweler_events', 'stakes') }}
    ) as wallets
    inner join {{ source('raw', 'token_prices_daily') }} as facts
        on facts.token = 'JEWEL'
    where {{ is_until_now('token_prices_daily') }}

    union all

    {{ supporting_fact('discord_interactions') }}
    from {{ ref('discord_accounts') }} as wallets
    inner join {{ source('raw', 'discord_interactions') }} as facts
        on wallets.discord_id = facts.discord_id
    where {{ is_until_now('discord_interactions') }}

)

select
    facts.*,
    case
        when fed.object is null then facts.fact
        else (
            select jsonb_object_agg(columns.name, facts.fact -> columns.name)
            from
                unnest(string_to_array(fed.object, '|') || '{chain_id}'::text[])
                    as columns (name)
            where facts.fact ? columns.name
        )
    end as found_by
from facts
left join {{ ref('chain_fact_tables') }} as fed on facts.raw_table = fed.raw_table
