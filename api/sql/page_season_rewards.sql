-- What a season gives, for levels first, and whether its ranks are final.
select
    definitions.reward_key,
    definitions.name,
    definitions.quantity,
    definitions.level,
    boards.name as board,
    definitions.rank_from,
    definitions.rank_to,
    definitions.valid_until,
    standings.as_of as final_as_of
from app.reward_definitions as definitions
left join app.public_boards as boards
    on
        definitions.leaderboard_key = boards.key
        and boards.is_active
left join app.final_standings as standings
    on
        definitions.kind = 'RANK'
        and definitions.season_id = standings.season_id
        and definitions.leaderboard_key is not distinct from standings.leaderboard_key
where
    definitions.season_id = %(season)s
    -- what a board gives that is not public, strangers do not learn
    and (definitions.leaderboard_key is null or boards.key is not null)
order by
    definitions.kind,
    definitions.level,
    boards.name nulls first,
    definitions.rank_from,
    definitions.reward_key
