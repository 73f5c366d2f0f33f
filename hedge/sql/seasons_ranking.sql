-- The clusters with points in a season, most points first.
select
    progress.cluster_id,
    progress.level,
    progress.updated_at,
    greatest(progress.updated_at, verified.verified_to) as verified_to,
    dense_rank() over (order by progress.points desc) as rank,
    trim_scale(progress.points) as points
from analytics.season_progress as progress
left join
    lateral app.points_verified(progress.season_id, progress.cluster_id) as verified
    on true
where progress.season_id = %(season)s and progress.points > 0
order by progress.points desc, progress.cluster_id asc
limit %(limit)s
