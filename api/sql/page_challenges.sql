-- Every live challenge of a cluster, with the names of its tiers and the length of its
-- bar, which is full at the next tier; with a challenge key only that challenge, which
-- may be retired.
select
    categories.key as category_key,
    categories.name as category,
    challenges.key,
    challenges.name,
    challenges.description,
    challenges.icon,
    metrics.unit,
    progress.value,
    progress.tier,
    rarity.share as reached_share,
    ahead.share as next_reached_share,
    next_tier.tier_code as next_tier,
    next_tier.display_name as next_name,
    next_tier.threshold_value as next_threshold,
    unlocks.unlocked_at,
    unlocks.reached_at,
    unlocks.founders_mark_at,
    progress.rolling_value,
    progress.last_computed_at as unchanged_since,
    -- runs do not verify a retired one
    case
        when challenges.state = 'retired' then progress.last_computed_at
        else greatest(progress.last_computed_at, verified.verified_to)
    end as as_of,
    -- what a run left out keeps its instant
    challenges.state = 'live'
    and greatest(progress.last_computed_at, verified.verified_to) < (
        select greatest(max(own.last_computed_at), verified.verified_to)
        from analytics.challenge_progress as own
        where own.cluster_id = progress.cluster_id
    ) as is_out_of_date,
    coalesce(reached.display_name, 'No tier yet') as tier_name,
    next_tier.threshold_value - progress.value as missing,
    case
        when next_tier.threshold_value is null then 100
        else
            round(greatest(progress.value, 0) * 100 / next_tier.threshold_value, 1)
    end as length
from analytics.challenge_progress as progress
inner join analytics.challenges on progress.challenge_key = challenges.key
inner join analytics.categories on challenges.category_key = categories.key
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join lateral app.progress_verified(progress.cluster_id) as verified on true
left join analytics.challenge_tiers as reached
    on
        progress.challenge_key = reached.challenge_key
        and progress.tier = reached.tier_code
left join lateral (
    select
        max(seen.unlocked_at) filter (
            where seen.kind = 'TIER' and seen.tier_code = progress.tier
        ) as unlocked_at,
        max(seen.reached_at) filter (
            where seen.kind = 'TIER' and seen.tier_code = progress.tier
        ) as reached_at,
        min(seen.unlocked_at) filter (where seen.kind = 'FOUNDERS_MARK')
            as founders_mark_at
    from analytics.tier_unlocks as seen
    where
        seen.cluster_id = progress.cluster_id
        and seen.challenge_key = progress.challenge_key
        and seen.revoked_at is null
) as unlocks on true
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
where
    progress.cluster_id = %(cluster)s
    and (
        progress.challenge_key = %(challenge)s
        or (%(challenge)s::text is null and challenges.state = 'live')
    )
order by categories.sort_order, challenges.sort_order
