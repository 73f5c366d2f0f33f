-- The values above zero of a challenge as bars: between which edges, how many clusters,
-- the height of the bar, and the tier that the lower edge has reached. What the last
-- count of progress has stored.
with

counts as (

    select
        found.from_value,
        sum(found.clusters) as clusters
    from app.value_counts as found
    where found.challenge_key = %(challenge)s and found.from_value > 0
    group by found.from_value

),

edges as (

    select
        given.edge as from_value,
        lead(given.edge) over (order by given.edge) as below_value
    from unnest(app.value_edges()) as given (edge)

),

bars as (

    select
        edges.from_value,
        edges.below_value,
        coalesce(counts.clusters, 0) as clusters
    from edges
    left join counts on edges.from_value = counts.from_value
    where
        edges.from_value between (select min(lowest.from_value) from counts as lowest)
        and (select max(highest.from_value) from counts as highest)

)

select
    bars.from_value,
    bars.below_value,
    bars.clusters,
    reached.tier_code,
    reached.display_name,
    row_number() over (order by bars.from_value) - 1 as place,
    round(bars.clusters * 100 / max(bars.clusters) over (), 1) as height
from bars
left join lateral (
    select
        tiers.tier_code,
        tiers.display_name
    from analytics.challenge_tiers as tiers
    where
        tiers.challenge_key = %(challenge)s
        and tiers.threshold_value <= bars.from_value
    order by tiers.sort_order desc
    limit 1
) as reached on true
order by bars.from_value
