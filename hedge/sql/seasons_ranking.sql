-- The clusters with points in a season, most points first.
select
    dense_rank() over (order by points desc) as rank,
    cluster_id,
    trim_scale(points) as points,
    level,
    updated_at
from analytics.season_progress
where season_id = %(season)s and points > 0
order by points desc, cluster_id
limit %(limit)s
