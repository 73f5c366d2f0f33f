-- How many clusters of a population have each tier of a ladder with these thresholds,
-- lowest first. Tier 0 is below the first. Shares are of the population; reached_share
-- includes the clusters of higher tiers. The column rung has a published name.
with

counts as (

    select
        width_bucket(value, %(thresholds)s::numeric[]) as rung,
        count(*) as clusters
    from analytics.challenge_population
    where
        challenge_key = %(challenge)s
        and %(population)s = any(populations)
    group by rung

),

tiers as (

    select
        numbers.rung,
        (%(thresholds)s::numeric[])[numbers.rung] as threshold,
        coalesce(counts.clusters, 0) as clusters
    from generate_series(0, cardinality(%(thresholds)s::numeric[])) as numbers (rung)
    left join counts on numbers.rung = counts.rung

)

select
    rung,
    clusters,
    trim_scale(threshold) as threshold,
    round(clusters / nullif(sum(clusters) over (), 0), 4) as share,
    round(
        sum(clusters) over (order by rung desc) / nullif(sum(clusters) over (), 0), 4
    ) as reached_share
from tiers
order by rung
