-- The rungs of a challenge, lowest first, and which of them a target sets: all, save the first
-- of five, which is the way into the ladder and keeps its threshold.
select
    challenges.name as challenge,
    challenges.is_active,
    metrics.unit,
    tiers.tier_code,
    tiers.display_name,
    trim_scale(tiers.threshold_value) as threshold,
    tiers.sort_order,
    tiers.is_prestige,
    count(*) over () <> 5 or row_number() over (order by tiers.sort_order) > 1 as takes_target
from analytics.challenges
inner join analytics.challenge_tiers as tiers on challenges.key = tiers.challenge_key
left join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
where challenges.key = %(challenge)s
order by tiers.sort_order
