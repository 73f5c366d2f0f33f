-- The wallet that the previous system stored for a player, where the player never
-- linked one and the address is active in no cluster.
select players.primary_wallet
from app.players
left join app.wallet_clusters as clusters on players.player_id = clusters.player_id
where
    players.player_id = %(player)s
    and players.primary_wallet is not null
    and not exists (
        select from app.wallet_links as links
        where links.cluster_id = clusters.cluster_id
    )
    and not exists (
        select from app.wallet_links as links
        where links.address = players.primary_wallet and links.unlinked_at is null
    )
