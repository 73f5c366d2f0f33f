-- The points and levels of seasons that change.
select
    seasons.id as season_id,
    seasons.name,
    coalesce(after_side.cluster_id, before_side.cluster_id) as cluster_id,
    trim_scale(coalesce(before_side.points, 0)) as points_before,
    trim_scale(coalesce(after_side.points, 0)) as points_after,
    coalesce(before_side.level, 0) as level_before,
    coalesce(after_side.level, 0) as level_after,
    count(*) over () as total
from before_season_progress as before_side
full join after_season_progress as after_side
    on
        before_side.season_id = after_side.season_id
        and before_side.cluster_id = after_side.cluster_id
inner join app.seasons
    on coalesce(after_side.season_id, before_side.season_id) = seasons.id
where
    (coalesce(before_side.points, 0), coalesce(before_side.level, 0))
    is distinct from (coalesce(after_side.points, 0), coalesce(after_side.level, 0))
order by seasons.id, cluster_id
limit %(limit)s
