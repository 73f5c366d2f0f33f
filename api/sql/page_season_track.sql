-- The levels of the current season, and how far a cluster is on each.
select
    seasons.id,
    seasons.name,
    seasons.ends_at,
    progress.points,
    progress.level,
    progress.updated_at,
    levels.level as step,
    levels.points_required,
    progress.points >= levels.points_required as is_reached,
    greatest(levels.points_required - progress.points, 0) as missing,
    case
        when progress.points < levels.points_required then 0
        -- the last level is full once it is reached; least passes over a null
        else
            round(
                least(
                    (progress.points - levels.points_required)
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
from app.seasons
inner join analytics.season_progress as progress
    on seasons.id = progress.season_id and progress.cluster_id = %(cluster)s
cross join analytics.season_levels as levels
where seasons.is_active and seasons.starts_at <= now() and now() < seasons.ends_at
order by levels.level
