-- How many clusters of a population stand on each rung of a ladder with these
-- thresholds, lowest first. Rung 0 is below the first; shares are of the population,
-- reached counts those above too.
with

standings as (

    select
        width_bucket(value, %(thresholds)s::numeric[]) as rung,
        count(*) as clusters
    from analytics.challenge_population
    where
        challenge_key = %(challenge)s
        and %(population)s = any(populations)
    group by rung

),

rungs as (

    select
        numbers.rung,
        (%(thresholds)s::numeric[])[numbers.rung] as threshold,
        coalesce(standings.clusters, 0) as clusters
    from generate_series(0, cardinality(%(thresholds)s::numeric[])) as numbers (rung)
    left join standings on numbers.rung = standings.rung

)

select
    rung,
    clusters,
    trim_scale(threshold) as threshold,
    round(clusters / nullif(sum(clusters) over (), 0), 4) as share,
    round(
        sum(clusters) over (order by rung desc) / nullif(sum(clusters) over (), 0), 4
    ) as reached_share
from rungs
order by rung
