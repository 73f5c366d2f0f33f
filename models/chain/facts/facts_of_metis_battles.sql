{# Battles on METIS, as their logs state them. One row per battle. #}
select
    logs.chain_id,
    logs.topic1 as object_word,
    max(logs.block_number) as block_number,
    max(logs.battle_id) as battle_id,
    {{ of_last_log('logs.host', 'logs.host is not null') }} as host_wallet,
    {{ of_last_log('logs.opponent', 'logs.opponent is not null') }} as opponent_wallet,
    nullif(
        {{ of_last_log('logs.battle_winner', 'logs.winner is not null') }},
        '0x0000000000000000000000000000000000000000'
    ) as winner_wallet,
    {{ of_last_log('logs.winner', 'logs.winner is not null') }} as winner_side,
    {{ of_last_log(
        'logs.battle_settings_pt1', 'logs.battle_settings_pt1 is not null'
    ) }} as settings_1,
    {{ of_last_log(
        'logs.battle_settings_pt2', 'logs.battle_settings_pt2 is not null'
    ) }} as settings_2,
    {{ of_last_log('logs.occurred_at', 'logs.is_created') }} as created_at,
    {{ of_last_log('logs.occurred_at', 'logs.winner is not null') }} as completed_at,
    bool_or({{ is_valid_log() }}) as is_fact

from (
    select
        chain_id,
        block_number,
        topic1,
        log_index,
        occurred_at,
        removed_at,
        is_decodable,
        battle_id,
        host,
        null as opponent,
        battle_settings_pt1,
        battle_settings_pt2,
        null as battle_winner,
        null::integer as winner,
        true as is_created
    from {{ ref('log_pvp_diamond_battle_created') }}

    union all

    select
        chain_id,
        block_number,
        topic1,
        log_index,
        occurred_at,
        removed_at,
        is_decodable,
        battle_id,
        host,
        opponent,
        battle_settings_pt1,
        battle_settings_pt2,
        null as battle_winner,
        null as winner,
        false as is_created
    from {{ ref('log_pvp_diamond_battle_accepted') }}

    union all

    select
        chain_id,
        block_number,
        topic1,
        log_index,
        occurred_at,
        removed_at,
        is_decodable,
        battle_id,
        null as host, -- noqa: RF04
        null as opponent,
        null as battle_settings_pt1,
        null as battle_settings_pt2,
        battle_winner,
        winner,
        false as is_created
    from {{ ref('log_pvp_diamond_battle_completed') }}
) as logs
group by logs.chain_id, logs.topic1
