-- The points and the level of a cluster in a season. The next threshold is null at the
-- last level.
select
    progress.cluster_id,
    progress.level,
    progress.updated_at,
    greatest(progress.updated_at, verified.verified_to) as verified_to,
    trim_scale(progress.points) as points,
    (
        select trim_scale(min(levels.points_required))
        from analytics.season_levels as levels
        where levels.points_required > progress.points
    ) as next_level_threshold
from analytics.season_progress as progress
left join
    lateral app.points_verified(progress.season_id, progress.cluster_id) as verified
    on true
where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s
