-- A readable threshold for each percentile. Below 10 it is a whole number and at least
-- 1; from 10 on it has the digits 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5 or 9 and then
-- zeros. The nearest of these is taken, and of two that are as near the lower.
with

percentiles as (

    select
        nth,
        percentile,
        -- 1, 10, 100 ..: what the first digit counts
        10::numeric ^ floor(log(greatest(percentile, 1))) as place
    from unnest(%(percentiles)s::numeric[]) with ordinality as given (percentile, nth)

)

select
    trim_scale(
        case
            when percentile < 10 then greatest(ceil(percentile - 0.5), 1)
            else (
                select digits * place
                from
                    unnest(
                        array[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 9, 10]::numeric[]
                    ) as readable (digits)
                order by abs(digits * place - percentile), digits
                limit 1
            )
        end
    ) as threshold
from percentiles
order by nth
