{# Quests that were finished; a quest counts once. #}
select
    chain_id,
    quest_id,
    wallet_address,
    quest_instance_id,
    completed_at as occurred_at

from {{ source('raw', 'quest_completions') }}
where
    -- 2 is completed; other codes are of quests that are started or cancelled
    status = 2
    and {{ is_counted('quest_completions') }}
