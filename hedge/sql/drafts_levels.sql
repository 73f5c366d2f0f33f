-- How many clusters have reached each level of a season by now.
select
    levels.level,
    trim_scale(levels.points_required) as points_required,
    count(progress.cluster_id) as clusters
from analytics.season_levels as levels
left join analytics.season_progress as progress
    on progress.season_id = %(season)s and levels.level <= progress.level
group by levels.level, levels.points_required
order by levels.level
