-- Active seasons that are live, the newest first; with an id only that one, also when
-- it is retired.
select
    seasons.id,
    seasons.name,
    seasons.starts_at,
    seasons.ends_at,
    seasons.scoring,
    seasons.state,
    seasons.retired_at,
    (
        select complete.chains from app.completeness as complete
        where complete.season_id = seasons.id
    ) as complete_to,
    seasons.state = 'live'
    and seasons.starts_at <= now()
    and now() < seasons.ends_at as is_current
from app.public_seasons as seasons
where
    seasons.is_active
    and (
        seasons.id = %(season)s
        or (%(season)s::text is null and seasons.state = 'live')
    )
order by seasons.starts_at desc, seasons.id asc
