-- The clusters with points in a season, best first.
select
    cluster_id,
    level,
    updated_at,
    dense_rank() over (order by points desc) as rank,
    trim_scale(points) as points
from analytics.season_progress
where season_id = %(season)s and points > 0
order by points desc, cluster_id asc
limit %(limit)s
