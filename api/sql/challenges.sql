-- Categories with their live challenges and ladders, as JSON.
select
    categories.key,
    categories.name,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'key', challenges.key,
                    'name', challenges.name,
                    'description', challenges.description,
                    'metricType', challenges.metric_type,
                    'unit', metrics.unit,
                    'ladder', (
                        select
                            jsonb_agg(
                                jsonb_build_object(
                                    'tierCode', tiers.tier_code,
                                    'name', tiers.display_name,
                                    'threshold', tiers.threshold_value,
                                    'reachedShare', rarity.share
                                )
                                order by tiers.sort_order
                            )
                        from analytics.challenge_tiers as tiers
                        left join app.tier_rarity as rarity
                            on
                                tiers.challenge_key = rarity.challenge_key
                                and tiers.tier_code = rarity.tier_code
                        where tiers.challenge_key = challenges.key
                    )
                )
                order by challenges.sort_order
            )
        from analytics.challenges
        inner join analytics.metrics
            on
                challenges.metric_source = metrics.metric_source
                and challenges.metric_key = metrics.metric_key
        where challenges.category_key = categories.key and challenges.state = 'live'
    ) as challenges
from analytics.categories
where
    exists (
        select from analytics.challenges
        where challenges.category_key = categories.key and challenges.state = 'live'
    )
order by categories.sort_order
