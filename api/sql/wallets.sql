-- The active wallets of a player: the primary one first, the others in the order they
-- were linked.
select
    links.address,
    links.chain,
    links.is_primary,
    true as is_active,
    links.verified_at,
    links.verified_at is not null as is_verified
from app.wallet_links as links
inner join app.wallet_clusters as clusters on links.cluster_id = clusters.cluster_id
where clusters.player_id = %(player)s and links.unlinked_at is null
order by links.is_primary desc, links.link_id asc
