-- Every active challenge of a cluster: where it stands and what comes next.
select
    categories.name as category,
    progress.challenge_key,
    challenges.name as challenge,
    metrics.unit,
    progress.tier,
    progress.unlocked,
    next_rung.tier_code as next_tier,
    progress.rolling_tier,
    progress.last_computed_at,
    trim_scale(progress.value) as value,
    trim_scale(next_rung.threshold_value) as next_threshold,
    trim_scale(progress.rolling_value) as rolling_value
from analytics.challenge_progress as progress
inner join analytics.challenges on progress.challenge_key = challenges.key
inner join analytics.categories on challenges.category_key = categories.key
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join lateral (
    select
        tiers.tier_code,
        tiers.threshold_value
    from analytics.challenge_tiers as tiers
    where
        tiers.challenge_key = progress.challenge_key
        and tiers.threshold_value > progress.value
    order by tiers.sort_order
    limit 1
) as next_rung on true
where progress.cluster_id = %(cluster_id)s
order by categories.sort_order, challenges.sort_order
