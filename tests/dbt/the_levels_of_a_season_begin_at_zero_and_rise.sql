-- The levels of a season begin at zero points and require rising points.
select
    level,
    points_required

from (
    select
        level,
        points_required,
        lag(points_required) over (order by level) as points_before

    from {{ ref('season_levels') }}
) as levels
where points_required <= coalesce(points_before, -1) or (
    points_before is null and points_required != 0
)
