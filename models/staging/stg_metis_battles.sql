{# METIS battles that were completed. #}
select
    battle_id,
    winner_side,
    completed_at

from {{ source('raw', 'metis_battles') }}
where
    -- 1088: METIS; votes name no chain, and battles happen there only
    chain_id = 1088
    and completed_at is not null
    and {{ is_counted('metis_battles') }}
