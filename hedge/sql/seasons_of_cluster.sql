-- The points and the level of a cluster in a season. The next threshold is null at the last
-- level.
select
    progress.cluster_id,
    trim_scale(progress.points) as points,
    progress.level,
    (
        select trim_scale(min(points_required)) from analytics.season_levels
        where points_required > progress.points
    ) as next_level_threshold,
    progress.updated_at
from analytics.season_progress as progress
where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s
