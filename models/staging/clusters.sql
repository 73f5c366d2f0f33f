{# All clusters, each with the Discord account of its player. #}
select
    clusters.cluster_id,
    players.discord_id

from {{ source('app', 'wallet_clusters') }} as clusters
inner join {{ source('app', 'players') }} as players
    on clusters.player_id = players.player_id
