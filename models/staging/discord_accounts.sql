{# The Discord accounts of each cluster: that of its player, and of merged accounts. #}
select
    clusters.cluster_id,
    players.discord_id

from {{ source('app', 'wallet_clusters') }} as clusters
inner join {{ source('app', 'players') }} as players
    on clusters.player_id = coalesce(players.merged_into, players.player_id)
where players.discord_id is not null
