-- Why a board that is no draft cannot become one, or null: players have seen it, or
-- something that they see rests on it.
select
    case
        when
            exists (
                select from app.leaderboard_runs as runs
                where runs.leaderboard_key = defs.key and runs.status = 'COMPLETE'
            )
            then 'players have seen its runs; make it private or retire it instead'
        when
            exists (
                select from app.reward_definitions as definitions
                inner join app.seasons on definitions.season_id = seasons.id
                where
                    definitions.leaderboard_key = defs.key
                    and seasons.state <> 'draft'
            )
            then 'a season that is no draft gives rewards for its ranks'
    end as fault
from app.leaderboard_defs as defs
where defs.key = %(key)s
