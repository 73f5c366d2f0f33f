{# What players did on Discord. #}
select
    interaction_id,
    discord_id,
    kind,
    occurred_at

from {{ source('raw', 'discord_interactions') }}
where {{ is_counted('discord_interactions') }}
