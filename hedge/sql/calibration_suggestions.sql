-- A readable threshold for each percentile, each larger than the one before, so that
-- they are a ladder: the readable number nearest to the percentile, and of two equally
-- near ones the lower. Readable are 1 to 9, and from 10 on the digits 1, 1.2, 1.5, 2,
-- 2.5, 3, 4, 5, 6, 7.5 and 9, followed by zeros.
with recursive

readable as (

    select whole::numeric as threshold
    from generate_series(1, 9) as whole

    union all

    select digits * 10::numeric ^ place as threshold
    from generate_series(1, 60) as place
    cross join
        unnest(
            array[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 9]::numeric[]
        ) as first_digits (digits)

),

suggested as (

    select
        0 as nth,
        0::numeric as threshold

    union all

    select
        suggested.nth + 1 as nth,
        (
            select readable.threshold
            from readable
            where readable.threshold > suggested.threshold
            order by
                abs(
                    readable.threshold
                    - (%(percentiles)s::numeric[])[suggested.nth + 1]
                ),
                readable.threshold
            limit 1
        ) as threshold
    from suggested
    where suggested.nth < cardinality(%(percentiles)s::numeric[])

)

select trim_scale(suggested.threshold) as threshold
from suggested
where suggested.nth > 0
order by suggested.nth
