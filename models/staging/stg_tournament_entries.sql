{# Registrations for tournaments and how they ended. #}
select
    entries.chain_id,
    entries.tournament_id,
    entries.wallet_address,
    not exists (
        select from {{ ref('unofficial_tournaments') }} as unofficial
        where
            unofficial.chain_id = entries.chain_id
            and unofficial.tournament_id = entries.tournament_id
    ) as is_official,
    entries.final_rank,
    entries.registered_at,
    coalesce(entries.ended_at, entries.registered_at) as finished_at

from {{ source('raw', 'tournament_entries') }} as entries
where {{ is_counted('tournament_entries', 'entries') }}
