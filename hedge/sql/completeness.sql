-- Up to which block of each followed chain progress is complete, or with a season its
-- points.
select chains
from app.completeness
where season_id is not distinct from %(season)s::text
