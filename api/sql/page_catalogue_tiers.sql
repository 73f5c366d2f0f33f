-- The ladder of a challenge, lowest tier first: how many have reached each tier, and
-- who was first and latest, by the facts, else by the run that saw it first. Both are
-- looked up in the index tier_unlocks_of_tiers, whose order is theirs; a materialized
-- query would read all unlocks.
with

unlocks as not materialized (

    select
        seen.challenge_key,
        seen.tier_code,
        seen.unlocked_at,
        coalesce(seen.reached_at, seen.unlocked_at) as since,
        jsonb_build_object(
            'cluster_id', seen.cluster_id,
            'reached_at', seen.reached_at,
            'unlocked_at', seen.unlocked_at,
            'display_name', shown.display_name
        ) as who
    from analytics.tier_unlocks as seen
    inner join app.wallet_clusters as clusters on seen.cluster_id = clusters.cluster_id
    left join app.shown_names as shown on clusters.player_id = shown.player_id
    where seen.kind = 'TIER' and seen.revoked_at is null

)

select
    tiers.tier_code,
    tiers.display_name,
    tiers.threshold_value as threshold,
    rarity.clusters,
    rarity.share,
    earliest.who as first_who,
    latest.who as latest_who
from analytics.challenge_tiers as tiers
left join app.tier_rarity as rarity
    on
        tiers.challenge_key = rarity.challenge_key
        and tiers.tier_code = rarity.tier_code
left join lateral (
    select unlocks.who
    from unlocks
    where
        unlocks.challenge_key = tiers.challenge_key
        and unlocks.tier_code = tiers.tier_code
    order by unlocks.since asc, unlocks.unlocked_at asc
    limit 1
) as earliest on true
left join lateral (
    select unlocks.who
    from unlocks
    where
        unlocks.challenge_key = tiers.challenge_key
        and unlocks.tier_code = tiers.tier_code
    order by unlocks.since desc, unlocks.unlocked_at desc
    limit 1
) as latest on true
where tiers.challenge_key = %(challenge)s
order by tiers.sort_order
