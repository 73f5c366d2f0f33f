-- The tiers that a cluster has unlocked, newest first, between two instants; with a
-- challenge those of it.
select
    unlocks.challenge_key,
    unlocks.tier_code as tier,
    unlocks.kind,
    unlocks.unlocked_at,
    case when unlocks.kind = 'TIER' then rarity.share end as reached_share
from analytics.tier_unlocks as unlocks
inner join analytics.challenges on unlocks.challenge_key = challenges.key
left join app.tier_rarity as rarity
    on
        unlocks.challenge_key = rarity.challenge_key
        and unlocks.tier_code = rarity.tier_code
where
    unlocks.cluster_id = %(cluster)s
    and unlocks.revoked_at is null
    and challenges.state <> 'draft'
    and (unlocks.challenge_key = %(challenge)s or %(challenge)s::text is null)
    and (unlocks.unlocked_at >= %(since)s or %(since)s::timestamptz is null)
    and (unlocks.unlocked_at < %(before)s or %(before)s::timestamptz is null)
order by
    unlocks.unlocked_at desc,
    unlocks.challenge_key desc,
    unlocks.tier_code desc,
    unlocks.kind desc
