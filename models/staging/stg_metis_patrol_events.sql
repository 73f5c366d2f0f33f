{# METIS patrols, won and lost. #}
select
    chain_id,
    patrol_id,
    wallet_address,
    difficulty,
    result,
    completed_at as occurred_at

from {{ source('raw', 'metis_patrol_events') }}
where {{ is_counted('metis_patrol_events') }}
