-- How many clusters a reward of a season would have if the season ended now: by level,
-- by rank in the season, or by rank in the newest run of a board over the season.
with

definitions as (

    select
        defined.reward_key,
        defined.name,
        defined.kind,
        defined.level,
        defined.leaderboard_key,
        defined.rank_from,
        defined.rank_to
    from app.reward_definitions as defined
    where defined.season_id = %(season)s

),

ranked as (

    select
        null::text as leaderboard_key,
        progress.cluster_id,
        dense_rank() over (order by progress.points desc) as rank
    from analytics.season_progress as progress
    where progress.season_id = %(season)s and progress.points > 0
    union all
    select
        runs.leaderboard_key,
        entries.cluster_id,
        entries.rank
    from app.seasons
    inner join app.latest_runs_of_periods as runs
        on
            seasons.starts_at = runs.period_start
            and seasons.ends_at = runs.period_end
    inner join analytics.leaderboard_entries as entries on runs.id = entries.run_id
    where seasons.id = %(season)s

)

select
    definitions.reward_key,
    definitions.name,
    definitions.kind,
    definitions.level,
    definitions.leaderboard_key,
    definitions.rank_from,
    definitions.rank_to,
    case
        when definitions.kind = 'LEVEL'
            then (
                select count(*) from analytics.season_progress as progress
                where
                    progress.season_id = %(season)s
                    and progress.level >= definitions.level
            )
        else (
            select count(*) from ranked
            where
                ranked.leaderboard_key is not distinct from definitions.leaderboard_key
                and ranked.rank between definitions.rank_from and definitions.rank_to
        )
    end as clusters
from definitions
order by definitions.kind, definitions.level, definitions.reward_key
