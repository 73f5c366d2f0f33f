-- What speaks against thresholds, or against what they rest on, as sentences.
with

faults (nth, is_so, warning) as (
    values
    (
        1,
        %(clusters)s < 25,
        format(
            'a population of %%s clusters is small: fewer than 25', %(clusters)s::bigint
        )
    ),
    (
        2,
        %(clusters_above_zero)s < 0.3 * %(clusters)s,
        format(
            'only %%s of %%s clusters have a value above zero: under 30 %%%%',
            %(clusters_above_zero)s::bigint,
            %(clusters)s::bigint
        )
    ),
    (
        3,
        %(largest)s > 20 * %(p95)s::numeric,
        format(
            'the largest value %%s is over 20 times the 95th percentile %%s',
            %(largest)s::numeric,
            %(p95)s::numeric
        )
    ),
    (
        4,
        exists (
            select
            from
                unnest(%(thresholds)s::numeric[]) with ordinality
                    as lower (threshold, nth)
            inner join
                unnest(%(thresholds)s::numeric[]) with ordinality
                    as upper (threshold, nth)
                on lower.nth + 1 = upper.nth
            where lower.threshold >= upper.threshold
        ),
        format(
            'the thresholds %%s do not rise from rung to rung: no ladder',
            array_to_string(%(thresholds)s::numeric[], ', ')
        )
    )
)

select warning
from faults
where is_so
order by nth
