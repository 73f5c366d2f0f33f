-- The points and the level of a cluster in a season, zeros where it has none; no row
-- where there is no such season or cluster. The next threshold is null at the last
-- level.
with

points as (

    select
        seasons.id as season_id,
        clusters.cluster_id,
        progress.updated_at,
        greatest(progress.updated_at, verified.verified_to) as verified_to,
        coalesce(progress.points, 0) as points
    from app.public_seasons as seasons
    inner join app.wallet_clusters as clusters on clusters.cluster_id = %(cluster)s
    left join analytics.season_progress as progress
        on
            seasons.id = progress.season_id
            and clusters.cluster_id = progress.cluster_id
    left join
        lateral app.points_verified(progress.season_id, progress.cluster_id) as verified
        on true
    where seasons.id = %(season)s

)

select
    points.points,
    points.verified_to as as_of,
    points.updated_at as unchanged_since,
    (
        select complete.chains from app.completeness as complete
        where complete.season_id = points.season_id
    ) as complete_to,
    (
        select coalesce(max(levels.level), 0)
        from analytics.season_levels as levels
        where levels.points_required <= points.points
    ) as level,
    (
        select min(levels.points_required)
        from analytics.season_levels as levels
        where levels.points_required > points.points
    ) as next_level_threshold
from points
