-- The live challenges, of all categories or of one, each with its ladder and how rare
-- each tier is; with a cluster also the value and tier that it has.
select
    categories.key as category_key,
    categories.name as category,
    challenges.key,
    challenges.name,
    challenges.description,
    challenges.icon,
    metrics.unit,
    own.value,
    own.tier,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'code', tiers.tier_code,
                    'name', tiers.display_name,
                    'threshold', tiers.threshold_value,
                    'share', rarity.share
                )
                order by tiers.sort_order
            )
        from analytics.challenge_tiers as tiers
        left join app.tier_rarity as rarity
            on
                tiers.challenge_key = rarity.challenge_key
                and tiers.tier_code = rarity.tier_code
        where tiers.challenge_key = challenges.key
    ) as ladder
from analytics.challenges
inner join analytics.categories on challenges.category_key = categories.key
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join analytics.challenge_progress as own
    on challenges.key = own.challenge_key and own.cluster_id = %(cluster)s
where
    challenges.state = 'live'
    and (categories.key = %(category)s or %(category)s::text is null)
order by categories.sort_order, challenges.sort_order
