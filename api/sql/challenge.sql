-- A live challenge with its ladder, the lowest tier first.
select
    challenges.key,
    challenges.name,
    challenges.description,
    challenges.metric_type,
    challenges.category_key,
    challenges.metric_source,
    challenges.metric_key,
    metrics.unit,
    metrics.definition,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'tierCode', tiers.tier_code,
                        'name', tiers.display_name,
                        'threshold', tiers.threshold_value,
                        'reachedShare', rarity.share
                    )
                    order by tiers.sort_order
                ),
                '[]'
            )
        from analytics.challenge_tiers as tiers
        left join app.tier_rarity as rarity
            on
                tiers.challenge_key = rarity.challenge_key
                and tiers.tier_code = rarity.tier_code
        where tiers.challenge_key = challenges.key
    ) as ladder
from analytics.challenges
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
where challenges.key = %(challenge)s and challenges.state = 'live'
