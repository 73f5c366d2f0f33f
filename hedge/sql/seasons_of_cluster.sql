-- How one cluster stands in a season; above the last level there is no next threshold.
select
    progress.cluster_id,
    progress.level,
    progress.updated_at,
    trim_scale(progress.points) as points,
    (
        select trim_scale(min(levels.points_required))
        from analytics.season_levels as levels
        where levels.points_required > progress.points
    ) as next_level_threshold
from analytics.season_progress as progress
where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s
