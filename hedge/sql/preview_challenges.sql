-- The challenges in which something changes, in the order of the catalogue.
with

progress as (

    select
        challenge_key,
        count(*) filter (where value_before <> value_after) as values_changed,
        trim_scale(sum(value_after - value_before)) as change,
        trim_scale(max(greatest(value_after - value_before, 0))) as largest_gain,
        trim_scale(max(greatest(value_before - value_after, 0))) as largest_loss,
        count(*) filter (where rolling_before <> rolling_after)
            as rolling_values_changed,
        count(*) filter (where rolling_tier_before <> rolling_tier_after)
            as rolling_tiers_changed,
        count(*) filter (where tiers_moved > 0) as tiers_won,
        count(*) filter (where tiers_moved < 0) as tiers_lost,
        count(*) filter (
            where value_before <> value_after or tier_before <> tier_after
        ) as clusters_moved
    from preview_progress
    group by challenge_key

),

unlocks as (

    select
        challenge_key,
        count(*) filter (where effect = 'won') as unlocks_won,
        count(*) filter (where effect = 'withheld') as unlocks_withheld,
        count(*) filter (where effect = 'not reached') as unlocks_not_reached
    from preview_unlocks
    group by challenge_key

)

select
    challenges.challenge_key,
    challenges.challenge,
    challenges.unit,
    coalesce(progress.values_changed, 0) as values_changed,
    coalesce(progress.change, 0) as change,
    coalesce(progress.largest_gain, 0) as largest_gain,
    coalesce(progress.largest_loss, 0) as largest_loss,
    coalesce(progress.rolling_values_changed, 0) as rolling_values_changed,
    coalesce(progress.rolling_tiers_changed, 0) as rolling_tiers_changed,
    coalesce(progress.tiers_won, 0) as tiers_won,
    coalesce(progress.tiers_lost, 0) as tiers_lost,
    coalesce(unlocks.unlocks_won, 0) as unlocks_won,
    coalesce(unlocks.unlocks_withheld, 0) as unlocks_withheld,
    coalesce(unlocks.unlocks_not_reached, 0) as unlocks_not_reached,
    coalesce(progress.clusters_moved, 0) as clusters_moved
from progress
full join unlocks on progress.challenge_key = unlocks.challenge_key
inner join preview_challenges as challenges
    on
        coalesce(progress.challenge_key, unlocks.challenge_key)
        = challenges.challenge_key
order by challenges.category_order, challenges.sort_order, challenges.challenge_key
