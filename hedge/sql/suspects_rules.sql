-- The rules that find suspects, by name.
select rule
from app.suspect_rules
order by rule
