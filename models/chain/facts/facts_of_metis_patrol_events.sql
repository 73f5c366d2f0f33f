{# Finished METIS patrols, as their logs state them. One row per patrol. #}
{% set is_completed = 'logs.patrol_won is not null' %}
select
    logs.chain_id,
    logs.topic1 as object_word,
    max(logs.block_number) as block_number,
    max(logs.patrol_id) as patrol_id,
    {{ of_last_log('logs.tx_hash', is_completed) }} as tx_hash,
    {{ of_last_log('logs.log_index', is_completed) }} as log_index,
    {{ of_last_log('logs.player', is_completed) }} as wallet_address,
    {{ of_last_log('pools.difficulty', 'logs.enemy_pool_id is not null') }}
        as difficulty,
    {{ of_last_log('logs.fights_completed', is_completed) }} as fights_completed,
    {{ of_last_log(
        "case when logs.patrol_won then 'WIN' else 'LOSS' end", is_completed
    ) }} as result,
    {{ of_last_log('logs.occurred_at', is_completed) }} as completed_at,
    coalesce(
        bool_or({{ is_completed }} and {{ is_valid_log() }}), false
    ) as is_fact

from (
    select
        chain_id,
        block_number,
        topic1,
        tx_hash,
        log_index,
        occurred_at,
        removed_at,
        is_decodable,
        patrol_id,
        player,
        null::numeric as enemy_pool_id,
        fights_completed,
        patrol_won
    from {{ ref('log_pvp_diamond_patrol_completed') }}

    union all

    select
        chain_id,
        block_number,
        topic1,
        tx_hash,
        log_index,
        occurred_at,
        removed_at,
        is_decodable,
        patrol_id,
        player,
        enemy_pool_id,
        null as fights_completed,
        null as patrol_won
    from {{ ref('log_pvp_diamond_patrol_started') }}
) as logs
left join {{ ref('enemy_pools') }} as pools
    on logs.enemy_pool_id = pools.enemy_pool_id
group by logs.chain_id, logs.topic1
