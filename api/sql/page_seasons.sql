-- Active seasons, the newest first, and whether each is to come, goes on or is over.
select
    seasons.id,
    seasons.name,
    seasons.starts_at,
    seasons.ends_at,
    case
        when now() < seasons.starts_at then 'coming'
        when now() < seasons.ends_at then 'current'
        else 'over'
    end as state
from app.public_seasons as seasons
where seasons.is_active and seasons.state = 'live'
order by seasons.starts_at desc, seasons.id asc
