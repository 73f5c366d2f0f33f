-- The values above zero of a challenge as bars: between which edges, how many clusters,
-- and the parts of the bar, from its foot up, of those on each tier. What the last
-- count of progress has stored.
with

parts as (

    select
        found.from_value,
        found.tier_code,
        found.clusters,
        tiers.sort_order,
        coalesce(tiers.display_name, 'No tier yet') as display_name,
        sum(found.clusters) over (
            partition by found.from_value
            order by tiers.sort_order nulls first
        ) as stacked
    from app.value_counts as found
    left join analytics.challenge_tiers as tiers
        on
            found.challenge_key = tiers.challenge_key
            and found.tier_code = tiers.tier_code
    where found.challenge_key = %(challenge)s and found.from_value > 0

),

extremes as (

    select
        min(parts.from_value) as lowest,
        max(parts.from_value) as largest,
        max(parts.stacked) as highest
    from parts

),

edges as (

    select
        given.edge as from_value,
        lead(given.edge) over (order by given.edge) as below_value
    from unnest(app.value_edges()) as given (edge)

),

bars as (

    select
        parts.from_value,
        sum(parts.clusters) as clusters,
        jsonb_agg(
            jsonb_build_object(
                'code', parts.tier_code,
                'name', parts.display_name,
                'clusters', parts.clusters,
                'y', round(100 - parts.stacked * 100 / extremes.highest, 1),
                'height', round(parts.clusters * 100 / extremes.highest, 1)
            )
            order by parts.sort_order nulls first
        ) as parts
    from parts
    cross join extremes
    group by parts.from_value

)

select
    edges.from_value,
    edges.below_value,
    row_number() over (order by edges.from_value) - 1 as place,
    coalesce(bars.clusters, 0) as clusters,
    coalesce(bars.parts, '[]') as parts
from edges
inner join extremes on edges.from_value between extremes.lowest and extremes.largest
left join bars on edges.from_value = bars.from_value
order by edges.from_value
