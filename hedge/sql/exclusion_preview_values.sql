-- The values and tiers that change, the largest changes of each cluster first. A row
-- that one side lacks counts as the value 0 and the tier NONE.
with

moved as (

    select
        coalesce(after_side.cluster_id, before_side.cluster_id) as cluster_id,
        coalesce(after_side.challenge_key, before_side.challenge_key) as challenge_key,
        coalesce(before_side.value, 0) as value_before,
        coalesce(after_side.value, 0) as value_after,
        coalesce(before_side.tier, 'NONE') as tier_before,
        coalesce(after_side.tier, 'NONE') as tier_after,
        coalesce(before_side.rolling_value, 0) as rolling_before,
        coalesce(after_side.rolling_value, 0) as rolling_after
    from before_challenge_progress as before_side
    full join after_challenge_progress as after_side
        on
            before_side.cluster_id = after_side.cluster_id
            and before_side.challenge_key = after_side.challenge_key
    where
        (
            coalesce(before_side.value, 0),
            coalesce(before_side.tier, 'NONE'),
            coalesce(before_side.rolling_value, 0),
            coalesce(before_side.rolling_tier, 'NONE')
        )
        is distinct from (
            coalesce(after_side.value, 0),
            coalesce(after_side.tier, 'NONE'),
            coalesce(after_side.rolling_value, 0),
            coalesce(after_side.rolling_tier, 'NONE')
        )

)

select
    moved.cluster_id,
    moved.challenge_key,
    challenges.name as challenge,
    metrics.unit,
    moved.tier_before,
    moved.tier_after,
    coalesce(earlier_tier.display_name, '') as tier_name_before,
    coalesce(later_tier.display_name, '') as tier_name_after,
    trim_scale(moved.value_before) as value_before,
    trim_scale(moved.value_after) as value_after,
    trim_scale(moved.rolling_before) as rolling_before,
    trim_scale(moved.rolling_after) as rolling_after,
    count(*) over () as total
from moved
inner join analytics.challenges as challenges
    on moved.challenge_key = challenges.key
left join analytics.metrics as metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
left join analytics.challenge_tiers as earlier_tier
    on
        moved.challenge_key = earlier_tier.challenge_key
        and moved.tier_before = earlier_tier.tier_code
left join analytics.challenge_tiers as later_tier
    on
        moved.challenge_key = later_tier.challenge_key
        and moved.tier_after = later_tier.tier_code
order by
    moved.cluster_id asc,
    moved.tier_before = moved.tier_after asc,
    abs(moved.value_after - moved.value_before) desc,
    moved.challenge_key asc
limit %(limit)s
