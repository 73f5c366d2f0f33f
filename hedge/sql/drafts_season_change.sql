-- Why a season that is no draft cannot become one, or null: players have seen it, or
-- something that they see rests on it.
select
    case
        when
            exists (
                select from app.rewards
                where rewards.season_id = seasons.id
            )
            then 'players are entitled to rewards of it; retire it instead'
        when
            exists (
                select from analytics.season_progress as progress
                where progress.season_id = seasons.id and progress.points > 0
            )
            then 'players have points in it; retire it instead'
        when
            exists (
                select from app.board_ordering_keys as ranked_by
                inner join app.leaderboard_defs as boards
                    on ranked_by.leaderboard_key = boards.key
                where
                    ranked_by.metric_source = 'season_progress'
                    and ranked_by.metric_key = seasons.id
                    and boards.state <> 'draft'
            )
            then 'a board that is no draft ranks by its points'
    end as fault
from app.seasons
where seasons.id = %(key)s
