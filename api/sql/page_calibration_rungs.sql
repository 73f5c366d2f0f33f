-- How many clusters reach each threshold of a challenge, and where it stands on the scale of the
-- histogram; without thresholds those of its ladder.
with

given as (

    select progress.value
    from analytics.challenge_progress as progress
    where progress.challenge_key = %(challenge)s

),

spread as (

    select
        count(*) as clusters,
        ln(min(given.value) filter (where given.value > 0)) as low,
        ln(max(given.value) filter (where given.value > 0)) + 0.000001 as high
    from given

),

ladder as (

    select
        tiers.tier_code,
        tiers.display_name,
        tiers.threshold_value,
        row_number() over (order by tiers.sort_order) as place
    from analytics.challenge_tiers as tiers
    where tiers.challenge_key = %(challenge)s

),

asked as (

    select
        threshold,
        row_number() over (order by threshold) as place
    from unnest(
        coalesce(
            %(thresholds)s::numeric[],
            (select array_agg(ladder.threshold_value) from ladder)
        )
    ) as threshold

),

rungs as (

    select
        asked.*,
        lead(asked.threshold) over (order by asked.place) as next_threshold
    from asked

)

select
    rungs.threshold,
    coalesce(ladder.display_name, 'Rung ' || rungs.place) as display_name,
    coalesce(ladder.tier_code, 'NONE') as tier_code,
    count(given.value) filter (where given.value >= rungs.threshold) as reach,
    count(given.value) filter (
        where
        given.value >= rungs.threshold
        and (given.value < rungs.next_threshold or rungs.next_threshold is null)
    ) as stand,
    round(
        count(given.value) filter (where given.value >= rungs.threshold)
        * 100.0 / greatest(spread.clusters, 1), 1
    ) as share,
    case
        when rungs.threshold > 0 and spread.high > spread.low
            then
                round(
                    (ln(rungs.threshold) - spread.low) * 100 / (spread.high - spread.low), 1
                )
    end as x
from rungs
cross join spread
left join ladder on rungs.place = ladder.place
left join given on true
group by
    rungs.threshold,
    rungs.next_threshold,
    rungs.place,
    ladder.display_name,
    ladder.tier_code,
    spread.clusters,
    spread.low,
    spread.high
order by rungs.place
