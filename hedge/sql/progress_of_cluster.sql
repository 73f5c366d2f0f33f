-- Every live challenge of a cluster, with its tier and the next one.
select
    categories.name as category,
    progress.challenge_key,
    challenges.name as challenge,
    metrics.unit,
    progress.tier,
    progress.unlocked,
    next_tier.tier_code as next_tier,
    progress.rolling_tier,
    progress.last_computed_at,
    greatest(progress.last_computed_at, verified.verified_to) as verified_to,
    -- what a run left out keeps its instant
    greatest(progress.last_computed_at, verified.verified_to)
    < max(greatest(progress.last_computed_at, verified.verified_to)) over ()
        as is_out_of_date,
    trim_scale(progress.value) as value,
    trim_scale(next_tier.threshold_value) as next_threshold,
    trim_scale(progress.rolling_value) as rolling_value
from analytics.challenge_progress as progress
inner join analytics.challenges on progress.challenge_key = challenges.key
inner join analytics.categories on challenges.category_key = categories.key
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join lateral app.progress_verified(progress.cluster_id) as verified on true
left join
    lateral analytics.next_tier(progress.challenge_key, progress.value) as next_tier
    on true
where progress.cluster_id = %(cluster_id)s and challenges.state = 'live'
order by categories.sort_order, challenges.sort_order
