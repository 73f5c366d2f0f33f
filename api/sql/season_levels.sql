-- The levels of seasons, the lowest first.
select
    levels.level,
    levels.points_required
from analytics.season_levels as levels
order by levels.level
