-- The tiers of a challenge, lowest first. The column takes_target has a published name:
-- a target sets the threshold of every tier.
with

tiers as (

    select
        challenge_key,
        tier_code,
        display_name,
        sort_order,
        is_prestige,
        true as takes_target,
        trim_scale(threshold_value) as threshold
    from analytics.challenge_tiers
    where challenge_key = %(challenge)s

)

select
    challenges.name as challenge,
    challenges.state,
    metrics.unit,
    tiers.tier_code,
    tiers.display_name,
    tiers.threshold,
    tiers.sort_order,
    tiers.is_prestige,
    tiers.takes_target
from analytics.challenges
inner join tiers on challenges.key = tiers.challenge_key
left join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
where challenges.key = %(challenge)s
order by tiers.sort_order
