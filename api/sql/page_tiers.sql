-- The ladder of a challenge, lowest tier first, and how far a cluster is on each tier.
select
    tiers.tier_code,
    tiers.display_name,
    tiers.threshold_value as threshold,
    rarity.share as reached_share,
    unlocks.unlocked_at,
    unlocks.reached_at,
    progress.value >= tiers.threshold_value as is_reached,
    greatest(tiers.threshold_value - progress.value, 0) as missing,
    round(
        least(greatest(progress.value, 0), tiers.threshold_value)
        * 100
        / tiers.threshold_value,
        1
    ) as length
from analytics.challenge_progress as progress
inner join
    analytics.challenge_tiers as tiers
    on progress.challenge_key = tiers.challenge_key
left join analytics.tier_unlocks as unlocks
    on
        progress.cluster_id = unlocks.cluster_id
        and tiers.challenge_key = unlocks.challenge_key
        and tiers.tier_code = unlocks.tier_code
        and unlocks.kind = 'TIER'
        and unlocks.revoked_at is null
left join app.tier_rarity as rarity
    on
        tiers.challenge_key = rarity.challenge_key
        and tiers.tier_code = rarity.tier_code
where progress.cluster_id = %(cluster)s and progress.challenge_key = %(challenge)s
order by tiers.sort_order
