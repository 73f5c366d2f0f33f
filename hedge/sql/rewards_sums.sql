-- How many rewards each season has entitled to, and in which state they are.
select
    season_id,
    entitled,
    open,
    claimed,
    fulfilled,
    refused,
    lapsed,
    taken_back
from app.reward_sums
where season_id = %(season)s or %(season)s::text is null
order by season_id
