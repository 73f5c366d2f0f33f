-- The points of a season are the sum of the points of its challenges.
select
    progress.season_id,
    progress.cluster_id,
    progress.points

from {{ ref('season_progress') }} as progress
where
    progress.points != (
        select coalesce(sum(given.points::numeric), 0)
        from
            jsonb_each_text(progress.points_by_challenge) as given (
                challenge_key, points
            )
    )::numeric(60, 6)
