-- Weaknesses of the values or of the thresholds, as sentences.
with

warnings (nth, applies, warning) as (
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
            'only %%s of %%s clusters have a value above zero: under 30 %%%%; the '
            'population nonzero leaves the others out',
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
                unnest(%(percentiles)s::numeric[]) with ordinality
                    as lower (percentile, nth)
            inner join
                unnest(%(percentiles)s::numeric[]) with ordinality
                    as upper (percentile, nth)
                on lower.nth + 1 = upper.nth
            where lower.percentile = upper.percentile
        ),
        format(
            'several targets meet the same value (%%s): the thresholds between them '
            'are only the next larger numbers; choose %%stargets that are further '
            'apart',
            array_to_string(%(percentiles)s::numeric[], ', '),
            case when %(population)s <> 'nonzero' then 'the population nonzero, or ' end
        )
    )
)

select warning
from warnings
where applies
order by nth
