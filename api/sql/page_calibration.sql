-- The values of a challenge over all clusters, in 24 steps that grow evenly in size (a logarithmic
-- scale); those of zero are counted apart.
with

given as (

    select progress.value
    from analytics.challenge_progress as progress
    where progress.challenge_key = %(challenge)s

),

spread as (

    select
        count(*) as clusters,
        count(*) filter (where given.value <= 0) as at_zero,
        min(given.value) filter (where given.value > 0) as lowest,
        max(given.value) filter (where given.value > 0) as highest,
        ln(min(given.value) filter (where given.value > 0)) as low,
        ln(max(given.value) filter (where given.value > 0)) + 0.000001 as high
    from given

),

counted as (

    select
        width_bucket(ln(given.value), spread.low, spread.high, 24) as step,
        count(*) as clusters
    from given
    cross join spread
    where given.value > 0
    group by width_bucket(ln(given.value), spread.low, spread.high, 24)

),

steps as (

    select
        steps.step,
        exp(spread.low + (spread.high - spread.low) * (steps.step - 1) / 24.0) as value_from,
        exp(spread.low + (spread.high - spread.low) * steps.step / 24.0) as value_to,
        coalesce(counted.clusters, 0) as clusters
    from spread
    cross join generate_series(1, 24) as steps (step)
    left join counted on steps.step = counted.step
    where spread.low is not null

)

select
    spread.clusters,
    spread.at_zero,
    spread.lowest,
    spread.highest,
    metrics.unit,
    challenges.name,
    challenges.description,
    (
        select
            jsonb_agg(
                jsonb_build_object(
                    'step', steps.step,
                    'from', round(steps.value_from, 2),
                    'to', round(steps.value_to, 2),
                    'clusters', steps.clusters,
                    'height',
                    round(
                        steps.clusters * 100.0 / (select max(other.clusters) from steps as other),
                        1
                    )
                )
                order by steps.step
            )
        from steps
    ) as steps
from analytics.challenges
inner join analytics.metrics
    on
        challenges.metric_source = metrics.metric_source
        and challenges.metric_key = metrics.metric_key
cross join spread
where challenges.key = %(challenge)s
