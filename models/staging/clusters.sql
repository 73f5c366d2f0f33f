{# All clusters that count. #}
{# A cluster that was merged into another counts there. #}
select clusters.cluster_id

from {{ source('app', 'wallet_clusters') }} as clusters
inner join {{ source('app', 'players') }} as players
    on clusters.player_id = players.player_id
where players.merged_into is null
