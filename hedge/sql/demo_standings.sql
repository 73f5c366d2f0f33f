-- Every challenge in the made-up world: two clusters to check by eye, and how many
-- clusters stand on a rung and on the last one.
select
    challenges.name as challenge,
    metrics.unit,
    busy.tier as busy_tier,
    rival.tier as rival_tier,
    crowd.on_a_rung,
    crowd.on_the_last_rung,
    trim_scale(busy.value) as busy,
    trim_scale(rival.value) as rival
from analytics.challenges
inner join analytics.categories on challenges.category_key = categories.key
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
inner join analytics.challenge_progress as busy
    on challenges.key = busy.challenge_key and busy.cluster_id = 'demo-busy'
inner join analytics.challenge_progress as rival
    on challenges.key = rival.challenge_key and rival.cluster_id = 'demo-rival'
cross join
    lateral (
        select
            count(*) filter (where progress.unlocked) as on_a_rung,
            count(*) filter (
                where progress.value >= (
                    select max(tiers.threshold_value)
                    from analytics.challenge_tiers as tiers
                    where tiers.challenge_key = challenges.key
                )
            ) as on_the_last_rung
        from analytics.challenge_progress as progress
        where progress.challenge_key = challenges.key
    ) as crowd
order by categories.sort_order, challenges.sort_order
