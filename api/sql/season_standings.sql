-- The clusters with points in a season behind a place, most points first, with the
-- names of players who show them on boards. Equal points share a rank.
with

ranked as (

    select
        progress.cluster_id,
        progress.points,
        progress.level,
        greatest(progress.updated_at, verified.verified_to) as as_of,
        dense_rank() over (order by progress.points desc) as rank
    from analytics.season_progress as progress
    left join
        lateral app.points_verified(progress.season_id, progress.cluster_id) as verified
        on true
    where progress.season_id = %(season)s and progress.points > 0

)

select
    ranked.rank,
    ranked.cluster_id,
    ranked.points,
    ranked.level,
    ranked.as_of,
    shown.display_name
from ranked
inner join app.wallet_clusters as clusters on ranked.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
where
    %(after_points)s::numeric is null
    or ranked.points < %(after_points)s
    or (ranked.points = %(after_points)s and ranked.cluster_id > %(after_cluster)s)
order by ranked.points desc, ranked.cluster_id asc
limit %(limit)s
