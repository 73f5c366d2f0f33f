-- The points and levels of two clusters in the current season, zeros where one has
-- none, with who leads.
with

sides as (

    select
        seasons.id,
        seasons.name,
        seasons.ends_at,
        coalesce(a.points, 0) as a_points,
        coalesce(b.points, 0) as b_points,
        coalesce(a.level, 0) as a_level,
        coalesce(b.level, 0) as b_level
    from app.public_seasons as seasons
    left join analytics.season_progress as a
        on seasons.id = a.season_id and a.cluster_id = %(a)s
    left join analytics.season_progress as b
        on seasons.id = b.season_id and b.cluster_id = %(b)s
    where
        seasons.is_active
        and seasons.state = 'live'
        and seasons.starts_at <= now()
        and now() < seasons.ends_at

)

select
    sides.*,
    case
        when sides.a_points > sides.b_points then 'a'
        when sides.b_points > sides.a_points then 'b'
        when sides.a_points > 0 then 'both'
        else 'nobody'
    end as leader
from sides
