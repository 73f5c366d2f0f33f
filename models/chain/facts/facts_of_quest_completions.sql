{# Finished quests, as their logs state them. One row per quest, whatever its logs. #}
select
    logs.chain_id,
    logs.topic1 as object_word,
    max(logs.block_number) as block_number,
    max(logs.quest_id) as quest_id,
    {{ of_last_log('logs.tx_hash') }} as tx_hash,
    {{ of_last_log('logs.log_index') }} as log_index,
    {{ of_last_log('logs.player') }} as wallet_address,
    {{ of_last_log('logs.hero_id') }} as hero_id,
    {{ of_last_log('cardinality(logs.quest__heroes)') }} as hero_count,
    {{ of_last_log('logs.quest__quest_instance_id') }} as quest_instance_id,
    {{ of_last_log('logs.quest__quest_type') }} as quest_type,
    {{ of_last_log('logs.quest__level') }} as level,
    {{ of_last_log('logs.quest__attempts') }} as attempts,
    {{ of_last_log('logs.quest__status') }} as status,
    {{ of_last_log(unix_time('logs.quest__start_at_time')) }} as started_at,
    {{ of_last_log('logs.occurred_at') }} as completed_at,
    bool_or({{ is_valid_log() }}) as is_fact

from {{ ref('log_quest_core_quest_completed') }} as logs
group by logs.chain_id, logs.topic1
