{# All clusters that count, each with the Discord account of its player. #}
{# A cluster that was merged into another counts there. #}
select
    clusters.cluster_id,
    players.discord_id

from {{ source('app', 'wallet_clusters') }} as clusters
inner join {{ source('app', 'players') }} as players
    on clusters.player_id = players.player_id
where players.merged_into is null
