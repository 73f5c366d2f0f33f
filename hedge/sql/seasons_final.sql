-- The run that froze the standings of a season, and its as-of instant; no row before.
select
    run_id,
    as_of
from app.final_standings
where season_id = %(season)s and leaderboard_key is null
