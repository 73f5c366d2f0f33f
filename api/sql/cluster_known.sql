-- A cluster, its player, and whether everybody may see the wallets of the player; no
-- row where there is no such cluster.
select
    clusters.cluster_id,
    clusters.player_id,
    players.show_wallets
from app.wallet_clusters as clusters
inner join app.players on clusters.player_id = players.player_id
where clusters.cluster_id = %(cluster)s
