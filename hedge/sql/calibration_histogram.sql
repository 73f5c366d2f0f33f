-- The values of a challenge in a population, in buckets of one width from zero on, each without
-- its upper end. The width is the least of 1, 2, 5, 10, 20, 50 .. that needs no more than 20
-- buckets.
with

population as (

    select value
    from analytics.challenge_population
    where
        challenge_key = %(challenge)s
        and case %(population)s
            when 'all' then true
            when 'nonzero' then value > 0
            when 'active' then is_active
        end

),

widths as (

    select
        largest,
        (
            select min(digits * 10::numeric ^ place)
            from generate_series(0, 60) as place
            cross join unnest(array[1, 2, 5]::numeric[]) as readable (digits)
            where digits * 10::numeric ^ place * 20 > largest
        ) as width
    from (select max(value) as largest from population) as extremes

),

buckets as (

    select
        width,
        floor(largest / width)::integer + 1 as number
    from widths

),

counts as (

    select
        width_bucket(value, 0, width * number, number) as bucket,
        count(*) as clusters
    from population
    cross join buckets
    group by bucket

)

select
    trim_scale((bucket - 1) * width) as from_value,
    trim_scale(bucket * width) as below_value,
    coalesce(counts.clusters, 0) as clusters,
    round(coalesce(counts.clusters, 0) / sum(counts.clusters) over (), 4) as share
from buckets
cross join lateral generate_series(1, number) as bucket
left join counts using (bucket)
order by bucket
