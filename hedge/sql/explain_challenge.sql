-- The value that a cluster has of a challenge in a window, the ladder of the
-- challenge, and the raw tables that its metric reads. Of a retired one it is what the
-- last run that computed it has stored.
select
    challenges.key as challenge_key,
    challenges.name as challenge,
    challenges.metric_source,
    challenges.metric_key,
    metrics.definition,
    metrics.unit,
    challenges.state,
    next_tier.tier_code as next_tier,
    coalesce(
        found.as_of, greatest(known.last_computed_at, verified.verified_to)
    ) as as_of,
    trim_scale(found.value) as value,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'tier', tiers.tier_code,
                        'threshold', trim_scale(tiers.threshold_value),
                        'is_reached',
                        found.value >= tiers.threshold_value
                    )
                    order by tiers.sort_order
                ),
                '[]'
            )
        from analytics.challenge_tiers as tiers
        where tiers.challenge_key = challenges.key
    ) as ladder,
    trim_scale(next_tier.threshold_value) as next_threshold,
    trim_scale(next_tier.threshold_value - found.value) as missing,
    exists(
        select from analytics.metrics_with_evidence as described
        where
            described.metric_source = challenges.metric_source
            and described.metric_key = challenges.metric_key
    ) as is_described,
    coalesce(
        (
            select described.adds_up
            from analytics.metrics_with_evidence as described
            where
                described.metric_source = challenges.metric_source
                and described.metric_key = challenges.metric_key
        ),
        false
    ) as is_sum,
    array(
        select inputs.raw_table from analytics.metric_tables as inputs
        where
            inputs.metric_source = challenges.metric_source
            and inputs.metric_key = challenges.metric_key
        order by inputs.raw_table
    ) as raw_tables
from analytics.challenges
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join analytics.cluster_metrics as known
    on known.cluster_id = %(cluster)s and known.window_key = %(window)s
left join
    lateral app.metrics_verified(known.window_key, known.cluster_id) as verified
    on true
left join analytics.metric_results as results
    on
        results.cluster_id = %(cluster)s
        and results.window_key = %(window)s
        and challenges.metric_source = results.metric_source
        and challenges.metric_key = results.metric_key
left join analytics.challenge_progress as progress
    on
        challenges.state = 'retired'
        and progress.cluster_id = %(cluster)s
        and challenges.key = progress.challenge_key
        and %(window)s in ('all_time', 'rolling_180d')
cross join
    lateral (
        values (
            progress.last_computed_at,
            coalesce(
                case %(window)s
                    when 'all_time' then progress.value
                    else progress.rolling_value
                end,
                results.value,
                0
            )
        )
    ) as found (as_of, value)
left join
    lateral analytics.next_tier(challenges.key, found.value) as next_tier
    on true
where challenges.key = %(challenge)s and challenges.state in ('live', 'retired')
