{# Tournaments that each cluster entered. One row per tournament, wallet and window. #}
{#
   A wallet that played without a registration in the facts entered with its first
   match. Whether the tournament is official, the registrations of others say.
#}
with

registered as (

    select
        wallets.cluster_id,
        entries.chain_id,
        entries.tournament_id,
        entries.is_official,
        entries.registered_at as occurred_at

    from {{ ref('stg_tournament_entries') }} as entries
    inner join {{ ref('cluster_wallets') }} as wallets
        on entries.wallet_address = wallets.wallet_address

),

played as (

    select
        wallets.cluster_id,
        matches.chain_id,
        matches.tournament_id,
        not exists (
            select from {{ ref('unofficial_tournaments') }} as unofficial
            where
                unofficial.chain_id = matches.chain_id
                and unofficial.tournament_id = matches.tournament_id
        ) as is_official,
        min(matches.occurred_at) as occurred_at

    from {{ ref('stg_tournament_matches') }} as matches
    inner join {{ ref('cluster_wallets') }} as wallets
        on matches.wallet_address = wallets.wallet_address
    left join {{ ref('linked_wallets') }} as opponents
        on matches.opponent_wallet = opponents.wallet_address
    where
        -- a match between two wallets of one cluster does not count
        opponents.cluster_id is distinct from wallets.cluster_id
        and not exists (
            select from {{ ref('stg_tournament_entries') }} as entries
            where
                entries.chain_id = matches.chain_id
                and entries.tournament_id = matches.tournament_id
                and entries.wallet_address = matches.wallet_address
        )
    group by
        wallets.cluster_id,
        matches.chain_id,
        matches.tournament_id,
        matches.wallet_address

),

entries as (

    select * from registered
    union all
    select * from played

)

select
    entries.*,
    windows.window_key

from entries
inner join {{ ref('windows') }} as windows
    on
        entries.occurred_at >= windows.starts_at
        and entries.occurred_at < windows.ends_at
