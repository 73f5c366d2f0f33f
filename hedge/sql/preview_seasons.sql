-- The points that move in each season.
select
    seasons.id as season_id,
    seasons.name,
    count(*) as clusters,
    trim_scale(sum(greatest(points.points_after - points.points_before, 0)))
        as points_won,
    trim_scale(sum(greatest(points.points_before - points.points_after, 0)))
        as points_lost,
    sum(greatest(points.level_after - points.level_before, 0)) as levels_won,
    sum(greatest(points.level_before - points.level_after, 0)) as levels_lost
from preview_points as points
inner join app.seasons as seasons on points.season_id = seasons.id
group by seasons.id, seasons.name
order by seasons.id
