-- The current season: active, and containing now.
select
    id,
    name,
    starts_at,
    ends_at
from app.public_seasons
where is_active and state = 'live' and starts_at <= now() and now() < ends_at
