-- The cluster into which a cluster was merged.
select remaining.cluster_id
from app.wallet_clusters as absorbed
inner join app.players on absorbed.player_id = players.player_id
inner join app.wallet_clusters as remaining
    on players.merged_into = remaining.player_id
where absorbed.cluster_id = %(cluster)s
