{# Registrations for tournaments and how they ended. #}
select
    chain_id,
    tournament_id,
    wallet_address,
    is_official,
    final_rank,
    registered_at,
    coalesce(ended_at, registered_at) as finished_at

from {{ source('raw', 'tournament_entries') }}
