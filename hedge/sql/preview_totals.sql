-- All changes as single numbers.
with

progress as (

    select
        count(distinct challenge_key) as challenges_changed,
        count(distinct cluster_id) as clusters_changed,
        count(distinct cluster_id) filter (where value_before <> value_after)
            as values_changed,
        count(*) filter (where tiers_moved > 0) as tiers_won,
        count(*) filter (where tiers_moved < 0) as tiers_lost
    from preview_progress

),

unlocks as (

    select
        count(*) filter (where effect = 'won') as unlocks_won,
        count(*) filter (where effect = 'withheld') as unlocks_withheld,
        count(*) filter (where effect = 'not reached') as unlocks_not_reached
    from preview_unlocks

),

points as (

    select
        coalesce(sum(greatest(points_after - points_before, 0)), 0) as points_won,
        coalesce(sum(greatest(points_before - points_after, 0)), 0) as points_lost,
        coalesce(sum(greatest(level_after - level_before, 0)), 0) as levels_won,
        coalesce(sum(greatest(level_before - level_after, 0)), 0) as levels_lost
    from preview_points

)

select
    progress.challenges_changed,
    progress.clusters_changed,
    progress.values_changed,
    progress.tiers_won,
    progress.tiers_lost,
    unlocks.unlocks_won,
    unlocks.unlocks_withheld,
    unlocks.unlocks_not_reached,
    points.levels_won,
    points.levels_lost,
    (select count(distinct places.run_id) from preview_board_places as places)
        as boards_changed,
    (
        select count(*) from preview_rewards as given
        where given.effect = 'entitled'
    )
        as rewards_won,
    (
        select count(*) from preview_rewards as given
        where given.effect = 'withheld'
    )
        as rewards_withheld,
    trim_scale(points.points_won) as points_won,
    trim_scale(points.points_lost) as points_lost
from progress
cross join unlocks
cross join points
