-- The active wallet links of a cluster, and the Discord accounts of its player, with
-- those of accounts that were merged into it.
select
    array(
        select owners.discord_id
        from app.players as owners
        where
            coalesce(owners.merged_into, owners.player_id) = clusters.player_id
            and owners.discord_id is not null
        order by owners.player_id
    ) as discord_ids,
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
where clusters.cluster_id = %(cluster)s
