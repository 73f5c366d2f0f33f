-- The distribution of a challenge's values in a population. percentile_disc rather than
-- percentile_cont, because most values are counts: a percentile is then a value that
-- some cluster has, not a number between two of them.
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
    min(verified_to) as as_of
from analytics.challenge_population
where
    challenge_key = %(challenge)s
    and %(population)s = any(populations)
