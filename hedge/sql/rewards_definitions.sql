-- What a season gives: for levels first, then for ranks.
select
    reward_key,
    name,
    quantity,
    kind,
    level,
    leaderboard_key,
    rank_from,
    rank_to,
    valid_until
from app.reward_definitions
where season_id = %(season)s
order by kind, level, leaderboard_key nulls first, rank_from, reward_key
