-- The values of a challenge in a population, in buckets whose edges grow 1, 2, 3, 5, 7,
-- 10, 20 .., each without its upper end. The first holds what is below the least value
-- above zero, or a millionth of the largest.
with

population as (

    select value
    from analytics.challenge_population
    where
        challenge_key = %(challenge)s
        and %(population)s = any(populations)

),

extremes as (

    select
        coalesce(nullif(max(value), 0), 0.99) as largest_value,
        greatest(
            coalesce(min(value) filter (where value > 0), 1), max(value) / 1000000
        ) as least_value
    from population
    having count(*) > 0

),

readable as (

    select
        digits * 10::numeric ^ place as edge,
        lead(digits * 10::numeric ^ place) over (order by place, digits) as next_edge
    from generate_series(-7, 60) as place
    cross join unnest(array[1, 2, 3, 5, 7]::numeric[]) as first_digits (digits)

),

edges as (

    select array_agg(readable.edge order by readable.edge) as edges
    from readable
    cross join extremes
    -- from the one at or below the least value to the one above the largest
    where
        readable.next_edge > extremes.least_value
        and (
            readable.edge <= extremes.largest_value
            or readable.edge = (
                select min(larger.edge) from readable as larger
                where larger.edge > extremes.largest_value
            )
        )

),

counts as (

    select
        width_bucket(population.value, edges.edges) as bucket,
        count(*) as clusters
    from population
    cross join edges
    group by bucket

)

select
    coalesce(trim_scale(edges.edges[buckets.bucket]), 0) as from_value,
    trim_scale(edges.edges[buckets.bucket + 1]) as below_value,
    coalesce(counts.clusters, 0) as clusters,
    round(coalesce(counts.clusters, 0) / sum(counts.clusters) over (), 4) as share
from edges
cross join lateral generate_series(0, cardinality(edges.edges) - 1) as buckets (bucket)
left join counts on buckets.bucket = counts.bucket
order by buckets.bucket
