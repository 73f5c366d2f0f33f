{# Finished hunts, as their logs state them. One row per log. #}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.hunt_id,
    logs.hunt__player as wallet_address,
    logs.hunt__hunt_data_id as hunt_data_id,
    case when logs.hunt_won then 'WIN' when not logs.hunt_won then 'LOSS' end as result,
    logs.hero_ids,
    logs.hunt__retries as retries,
    logs.occurred_at as encountered_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_hunts_diamond_hunt_completed') }} as logs
