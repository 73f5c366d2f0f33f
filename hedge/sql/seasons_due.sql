-- The active live seasons that were over a week ago and whose standings are not final
-- yet, the earliest first.
select id
from app.seasons
where
    is_active
    and state = 'live'
    and ends_at + 7 * interval '24 hours' <= coalesce(%(as_of)s, now())
    and not exists (
        select from app.final_standings as frozen
        where frozen.season_id = seasons.id and frozen.leaderboard_key is null
    )
order by ends_at
