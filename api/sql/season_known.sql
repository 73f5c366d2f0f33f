-- A season, active or not; no row where there is none.
select seasons.id
from app.seasons
where seasons.id = %(season)s
