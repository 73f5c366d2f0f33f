-- What a cluster has of a challenge in a window, and its ladder.
select
    challenges.key as challenge_key,
    challenges.name as challenge,
    challenges.metric_source,
    challenges.metric_key,
    metrics.definition,
    metrics.unit,
    known.last_computed_at as as_of,
    next_rung.tier_code as next_tier,
    trim_scale(coalesce(results.value, 0)) as value,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'tier', tiers.tier_code,
                        'threshold', trim_scale(tiers.threshold_value),
                        'is_reached',
                        coalesce(results.value, 0) >= tiers.threshold_value
                    )
                    order by tiers.sort_order
                ),
                '[]'
            )
        from analytics.challenge_tiers as tiers
        where tiers.challenge_key = challenges.key
    ) as ladder,
    trim_scale(next_rung.threshold_value) as next_threshold,
    trim_scale(next_rung.threshold_value - coalesce(results.value, 0)) as missing,
    exists(
        select from analytics.metrics_with_evidence as described
        where
            described.metric_source = challenges.metric_source
            and described.metric_key = challenges.metric_key
    ) as is_described
from analytics.challenges
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join analytics.cluster_metrics as known
    on known.cluster_id = %(cluster)s and known.window_key = %(window)s
left join analytics.metric_results as results
    on
        results.cluster_id = %(cluster)s
        and results.window_key = %(window)s
        and challenges.metric_source = results.metric_source
        and challenges.metric_key = results.metric_key
left join lateral (
    select
        tiers.tier_code,
        tiers.threshold_value
    from analytics.challenge_tiers as tiers
    where
        tiers.challenge_key = challenges.key
        and tiers.threshold_value > coalesce(results.value, 0)
    order by tiers.sort_order
    limit 1
) as next_rung on true
where challenges.key = %(challenge)s and challenges.is_active
