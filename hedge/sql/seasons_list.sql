-- Seasons, newest first: those with one of the ids, or all. A season is current when it
-- is active and contains the as-of instant.
select
    seasons.id,
    seasons.name,
    seasons.starts_at,
    seasons.ends_at,
    seasons.is_active,
    seasons.scoring,
    seasons.state,
    seasons.is_active
    and seasons.state <> 'retired'
    and seasons.starts_at <= coalesce(%(as_of)s::timestamptz, now())
    and coalesce(%(as_of)s::timestamptz, now()) < seasons.ends_at as is_current,
    (
        select count(*) from app.season_challenge_weights as weights
        where weights.season_id = seasons.id
    ) as weights
from app.seasons
where seasons.id = any(%(ids)s) or %(ids)s::text[] is null
order by seasons.starts_at desc, seasons.id asc
