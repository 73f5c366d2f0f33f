-- How the values of a challenge are spread over a population. percentile_disc, not
-- percentile_cont: most values are counts, and a percentile is to be a value that some
-- cluster has, not a number between two of them that nobody has.
select
    count(*) as clusters,
    count(*) filter (where value > 0) as clusters_above_zero,
    trim_scale(max(value)) as largest,
    (
        select array_agg(trim_scale(percentile) order by nth)
        from unnest(
            percentile_disc(%(fractions)s::double precision[]) within group (
                order by value
            )
        ) with ordinality as percentiles (percentile, nth)
    ) as percentiles,
    min(last_computed_at) as as_of
from analytics.challenge_population
where
    challenge_key = %(challenge)s
    and %(population)s = any(populations)
