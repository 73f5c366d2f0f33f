-- Locks a player and the cluster of the player, so that whoever changes its wallets
-- waits until the transaction has ended.
with player as (
    select players.player_id from app.players
    where players.player_id = %(player)s
    for update
)

select clusters.cluster_id
from app.wallet_clusters as clusters
inner join player on clusters.player_id = player.player_id
for update of clusters
