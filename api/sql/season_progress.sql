-- How a cluster stands in a season.
select
    progress.points,
    progress.level,
    progress.updated_at as as_of,
    (
        select min(levels.points_required) from analytics.season_levels as levels
        where levels.points_required > progress.points
    ) as next_level_threshold
from analytics.season_progress as progress
where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s
