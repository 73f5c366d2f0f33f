-- A season that is no draft, active or not; no row where there is none.
select seasons.id
from app.public_seasons as seasons
where seasons.id = %(season)s
