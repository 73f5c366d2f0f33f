{# What each cluster's player did on Discord. One row per interaction and window. #}
select
    owners.cluster_id,
    windows.window_key,
    interactions.interaction_id,
    interactions.kind,
    interactions.occurred_at

from {{ ref('stg_discord_interactions') }} as interactions
inner join {{ ref('discord_accounts') }} as owners
    on interactions.discord_id = owners.discord_id
inner join {{ ref('windows') }} as windows
    on
        interactions.occurred_at >= windows.starts_at
        and interactions.occurred_at < windows.ends_at
where owners.cluster_id <> all((select app.excluded_clusters())::text[])
