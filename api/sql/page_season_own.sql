-- A cluster in a season: points, level, rank and place in the standings, and the next
-- level with what is missing to it. Rank and place are null without points, the next
-- level is null at the last one; no row where the cluster has not been computed.
with

own as (

    select
        progress.cluster_id,
        progress.points,
        progress.level,
        greatest(progress.updated_at, verified.verified_to) as as_of
    from analytics.season_progress as progress
    left join
        lateral app.points_verified(progress.season_id, progress.cluster_id) as verified
        on true
    where progress.season_id = %(season)s and progress.cluster_id = %(cluster)s

)

select
    own.cluster_id,
    own.points,
    own.level,
    own.as_of,
    reachable.level as next_level,
    reachable.points_required as next_points,
    above.rank,
    above.place,
    reachable.points_required - own.points as missing
from own
left join lateral (
    select
        levels.level,
        levels.points_required
    from analytics.season_levels as levels
    where levels.points_required > own.points
    order by levels.points_required
    limit 1
) as reachable on true
left join lateral (
    select
        count(distinct better.points) filter (where better.points > own.points) + 1
            as rank,
        count(*) + 1 as place
    from analytics.season_progress as better
    where
        better.season_id = %(season)s
        and better.points > 0
        and better.points >= own.points
        and (better.points > own.points or better.cluster_id < own.cluster_id)
) as above on own.points > 0
