-- The active wallet links of a cluster, and the Discord account of its player.
select
    players.discord_id,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'address', links.address,
                        'chain', links.chain,
                        'linked_at', links.linked_at,
                        'verified_at', links.verified_at
                    )
                    order by links.linked_at, links.address
                ),
                '[]'
            )
        from app.wallet_links as links
        where links.cluster_id = clusters.cluster_id and links.unlinked_at is null
    ) as links
from app.wallet_clusters as clusters
inner join app.players on clusters.player_id = players.player_id
where clusters.cluster_id = %(cluster)s
