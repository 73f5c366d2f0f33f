-- The levels of an active season, the lowest first, or of the current one where none is
-- given; with a cluster how far it is, and the length of the bar of each level, which
-- is full at the next one. Without points of the cluster, its columns are null.
select
    seasons.id,
    seasons.name,
    seasons.ends_at,
    progress.points,
    progress.level,
    levels.level as step,
    levels.points_required,
    greatest(progress.updated_at, verified.verified_to) as as_of,
    progress.level = levels.level as is_own,
    coalesce(progress.points >= levels.points_required, false) as is_reached,
    case
        when progress.points is not null
            then greatest(levels.points_required - progress.points, 0)
    end as missing,
    case
        when progress.points is null or progress.points < levels.points_required then 0
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
from app.public_seasons as seasons
left join analytics.season_progress as progress
    on seasons.id = progress.season_id and progress.cluster_id = %(cluster)s
left join
    lateral app.points_verified(progress.season_id, progress.cluster_id) as verified
    on true
cross join analytics.season_levels as levels
where
    seasons.is_active
    and (
        seasons.id = %(season)s
        or (
            %(season)s::text is null
            and seasons.state = 'live'
            and seasons.starts_at <= now()
            and now() < seasons.ends_at
        )
    )
order by levels.level
