-- Every live challenge of some clusters: value and tier, the tier unlocks, the next
-- tier.
with

unlocks as (

    select
        reached.cluster_id,
        reached.challenge_key,
        min(reached.unlocked_at) filter (where reached.kind = 'TIER') as unlocked_at,
        min(reached.unlocked_at) filter (where reached.kind = 'FOUNDERS_MARK')
            as founders_mark_at,
        (
            array_agg(reached.tier_code order by tiers.sort_order desc)
            filter (where reached.kind = 'TIER')
        )[1] as best_tier
    from analytics.tier_unlocks as reached
    inner join analytics.challenge_tiers as tiers
        on
            reached.challenge_key = tiers.challenge_key
            and reached.tier_code = tiers.tier_code
    where reached.cluster_id = any(%(clusters)s) and reached.revoked_at is null
    group by reached.cluster_id, reached.challenge_key

)

select
    progress.cluster_id,
    progress.challenge_key,
    progress.value,
    progress.unlocked,
    progress.tier,
    rarity.share as reached_share,
    unlocks.unlocked_at,
    next_tier.tier_code as next_tier,
    next_tier.threshold_value as next_threshold,
    ahead.share as next_reached_share,
    progress.rolling_value,
    progress.rolling_tier,
    unlocks.founders_mark_at,
    progress.last_computed_at as unchanged_since,
    greatest(progress.last_computed_at, verified.verified_to) as as_of,
    -- what a run left out keeps its instant
    greatest(progress.last_computed_at, verified.verified_to)
    < max(greatest(progress.last_computed_at, verified.verified_to)) over (
        partition by progress.cluster_id
    ) as is_out_of_date,
    coalesce(unlocks.best_tier, progress.tier) as best_tier,
    -- once for each cluster
    case
        when row_number() over (partition by progress.cluster_id) = 1
            then (
                select complete.chains from app.completeness as complete
                where complete.season_id is null
            )
    end as complete_to
from analytics.challenge_progress as progress
inner join analytics.challenges on progress.challenge_key = challenges.key
inner join analytics.categories on challenges.category_key = categories.key
left join lateral app.progress_verified(progress.cluster_id) as verified on true
left join unlocks
    on
        progress.cluster_id = unlocks.cluster_id
        and progress.challenge_key = unlocks.challenge_key
left join
    lateral analytics.next_tier(progress.challenge_key, progress.value) as next_tier
    on true
left join app.tier_rarity as rarity
    on
        progress.challenge_key = rarity.challenge_key
        and progress.tier = rarity.tier_code
left join app.tier_rarity as ahead
    on
        progress.challenge_key = ahead.challenge_key
        and next_tier.tier_code = ahead.tier_code
where progress.cluster_id = any(%(clusters)s) and challenges.state = 'live'
order by progress.cluster_id, categories.sort_order, challenges.sort_order
