-- The account of a player, with the cluster where the player has one.
select
    clusters.cluster_id,
    players.display_name,
    players.show_on_boards,
    players.show_wallets,
    players.created_at
from app.players
left join app.wallet_clusters as clusters on players.player_id = clusters.player_id
where players.player_id = %(player)s
