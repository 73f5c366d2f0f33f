-- What of an account goes to another that it is merged into: its wallets, its name, its
-- sessions, and how many of its tiers the other has not, or has later.
select
    array(
        select links.address from app.wallet_links as links
        where links.cluster_id = %(absorbed)s and links.unlinked_at is null
        order by links.address
    ) as wallets,
    (
        select players.display_name
        from app.wallet_clusters as clusters
        inner join app.players on clusters.player_id = players.player_id
        where clusters.cluster_id = %(absorbed)s
    ) as name,
    (
        select count(*)
        from app.wallet_clusters as clusters
        inner join app.players
            on clusters.player_id in (players.player_id, players.merged_into)
        inner join app.sessions on players.player_id = sessions.player_id
        where clusters.cluster_id = %(absorbed)s
    ) as sessions,
    (
        select count(*)
        from analytics.tier_unlocks as own
        where
            own.cluster_id = %(absorbed)s
            and own.revoked_at is null
            and not exists (
                select from analytics.tier_unlocks as other
                where
                    other.cluster_id = %(kept)s
                    and other.revoked_at is null
                    and other.challenge_key = own.challenge_key
                    and other.tier_code = own.tier_code
                    and other.kind = own.kind
            )
    ) as tiers_gained,
    (
        select count(*)
        from analytics.tier_unlocks as own
        inner join analytics.tier_unlocks as other
            on
                own.challenge_key = other.challenge_key
                and own.tier_code = other.tier_code
                and own.kind = other.kind
                and own.unlocked_at < other.unlocked_at
        where
            own.cluster_id = %(absorbed)s
            and other.cluster_id = %(kept)s
            and own.revoked_at is null
            and other.revoked_at is null
    ) as tiers_earlier,
    (
        select count(*) from app.exclusions
        where
            exclusions.cluster_id = %(absorbed)s
            and now() < least(
                exclusions.ends_at, coalesce(exclusions.ended_at, 'infinity')
            )
    ) as exclusions
