-- The ladder of a challenge, lowest tier first: how many have reached each tier, and
-- who was first and latest, by the facts, else by the run that saw it first.
-- Each is found in the index tier_unlocks_of_tiers: where reached_at is known it is in
-- the order of it, else of unlocked_at.
with

tiers as (

    select
        ladder.tier_code,
        ladder.display_name,
        ladder.threshold_value as threshold,
        ladder.sort_order,
        rarity.clusters,
        rarity.share
    from analytics.challenge_tiers as ladder
    left join app.tier_rarity as rarity
        on
            ladder.challenge_key = rarity.challenge_key
            and ladder.tier_code = rarity.tier_code
    where ladder.challenge_key = %(challenge)s

),

candidates as (

    select
        found.*,
        tiers.tier_code
    from tiers
    cross join lateral (
        (
            select
                unlocks.cluster_id,
                unlocks.reached_at,
                unlocks.unlocked_at
            from analytics.tier_unlocks as unlocks
            where
                unlocks.challenge_key = %(challenge)s
                and unlocks.tier_code = tiers.tier_code
                and unlocks.kind = 'TIER'
                and unlocks.revoked_at is null
                and unlocks.reached_at is not null
            order by unlocks.reached_at asc, unlocks.unlocked_at asc
            limit 1
        )
        union all
        (
            select
                unlocks.cluster_id,
                unlocks.reached_at,
                unlocks.unlocked_at
            from analytics.tier_unlocks as unlocks
            where
                unlocks.challenge_key = %(challenge)s
                and unlocks.tier_code = tiers.tier_code
                and unlocks.kind = 'TIER'
                and unlocks.revoked_at is null
                and unlocks.reached_at is not null
            order by unlocks.reached_at desc, unlocks.unlocked_at desc
            limit 1
        )
        union all
        (
            select
                unlocks.cluster_id,
                unlocks.reached_at,
                unlocks.unlocked_at
            from analytics.tier_unlocks as unlocks
            where
                unlocks.challenge_key = %(challenge)s
                and unlocks.tier_code = tiers.tier_code
                and unlocks.kind = 'TIER'
                and unlocks.revoked_at is null
                and unlocks.reached_at is null
            order by unlocks.unlocked_at asc
            limit 1
        )
        union all
        (
            select
                unlocks.cluster_id,
                unlocks.reached_at,
                unlocks.unlocked_at
            from analytics.tier_unlocks as unlocks
            where
                unlocks.challenge_key = %(challenge)s
                and unlocks.tier_code = tiers.tier_code
                and unlocks.kind = 'TIER'
                and unlocks.revoked_at is null
                and unlocks.reached_at is null
            order by unlocks.unlocked_at desc
            limit 1
        )
    ) as found

),

named as (

    select
        candidates.tier_code,
        candidates.cluster_id,
        coalesce(candidates.reached_at, candidates.unlocked_at) as since,
        jsonb_build_object(
            'cluster_id', candidates.cluster_id,
            'reached_at', candidates.reached_at,
            'unlocked_at', candidates.unlocked_at,
            'display_name', case
                when players.show_on_boards then players.display_name
            end
        ) as who
    from candidates
    inner join app.wallet_clusters as clusters
        on candidates.cluster_id = clusters.cluster_id
    inner join app.players on clusters.player_id = players.player_id

)

select
    tiers.tier_code,
    tiers.display_name,
    tiers.threshold,
    tiers.clusters,
    tiers.share,
    earliest.who as first_who,
    latest.who as latest_who
from tiers
left join lateral (
    select named.who
    from named
    where named.tier_code = tiers.tier_code
    order by named.since asc, named.cluster_id asc
    limit 1
) as earliest on true
left join lateral (
    select named.who
    from named
    where named.tier_code = tiers.tier_code
    order by named.since desc, named.cluster_id asc
    limit 1
) as latest on true
order by tiers.sort_order
