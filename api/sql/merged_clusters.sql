-- The clusters that were merged into others, each with the one that remains.
select
    absorbed.cluster_id,
    remaining.cluster_id as kept
from app.players
inner join app.wallet_clusters as absorbed on players.player_id = absorbed.player_id
inner join app.wallet_clusters as remaining
    on players.merged_into = remaining.player_id
where players.merged_into is not null
