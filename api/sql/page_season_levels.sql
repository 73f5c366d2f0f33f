-- The levels of seasons, the lowest first; with a cluster how far it is in a season,
-- and the length of the bar of each level, which is full at the next one.
with

own as (

    select
        progress.points,
        progress.level
    from analytics.season_progress as progress
    where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s

)

select
    levels.level as step,
    levels.points_required,
    own.level = levels.level as is_own,
    coalesce(own.points >= levels.points_required, false) as is_reached,
    case
        when own.points is not null
            then greatest(levels.points_required - own.points, 0)
    end as missing,
    case
        when own.points is null or own.points < levels.points_required then 0
        -- the last level is full once it is reached; least passes over a null
        else
            round(
                least(
                    (own.points - levels.points_required)
                    * 100
                    / (
                        lead(levels.points_required) over (order by levels.level)
                        - levels.points_required
                    ),
                    100
                ),
                1
            )
    end as length
from analytics.season_levels as levels
left join own on true
order by levels.level
