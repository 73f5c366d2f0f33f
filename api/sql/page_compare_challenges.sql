-- Every live challenge of two clusters side by side, who leads in it, and how many each
-- leads in its category and in all. A larger value leads, as every ladder goes up. Who
-- has no value leads nowhere, and where both have none of it nobody does.
with

sides as (

    select
        categories.sort_order as category_order,
        categories.key as category_key,
        categories.name as category,
        challenges.sort_order,
        challenges.key,
        challenges.name,
        metrics.unit,
        a.value as a_value,
        b.value as b_value,
        a.tier as a_tier,
        b.tier as b_tier,
        case
            when a.value > b.value then 'a'
            when b.value > a.value then 'b'
            when a.value = b.value and a.value > 0 then 'both'
            when a.value > 0 and b.value is null then 'a'
            when b.value > 0 and a.value is null then 'b'
            else 'nobody'
        end as leader
    from analytics.challenges
    inner join analytics.categories on challenges.category_key = categories.key
    inner join analytics.metrics
        on
            challenges.metric_source = metrics.metric_source
            and challenges.metric_key = metrics.metric_key
    left join analytics.challenge_progress as a
        on challenges.key = a.challenge_key and a.cluster_id = %(a)s
    left join analytics.challenge_progress as b
        on challenges.key = b.challenge_key and b.cluster_id = %(b)s
    where challenges.state = 'live'

)

select
    sides.*,
    coalesce(tier_of_a.display_name, 'No tier yet') as a_tier_name,
    coalesce(tier_of_b.display_name, 'No tier yet') as b_tier_name,
    count(*) filter (where sides.leader = 'a') over (partition by sides.category_key)
        as a_leads_in_category,
    count(*) filter (where sides.leader = 'b') over (partition by sides.category_key)
        as b_leads_in_category,
    count(*) filter (where sides.leader = 'a') over () as a_leads,
    count(*) filter (where sides.leader = 'b') over () as b_leads,
    count(*) filter (where sides.leader = 'both') over () as equal,
    -- the bars of a row share one scale: the larger value of the two is whole
    round(
        greatest(sides.a_value, 0) * 100
        / nullif(greatest(sides.a_value, sides.b_value), 0),
        1
    ) as a_length,
    round(
        greatest(sides.b_value, 0) * 100
        / nullif(greatest(sides.a_value, sides.b_value), 0),
        1
    ) as b_length
from sides
left join analytics.challenge_tiers as tier_of_a
    on sides.key = tier_of_a.challenge_key and sides.a_tier = tier_of_a.tier_code
left join analytics.challenge_tiers as tier_of_b
    on sides.key = tier_of_b.challenge_key and sides.b_tier = tier_of_b.tier_code
order by sides.category_order, sides.sort_order
