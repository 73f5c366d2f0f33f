-- Rewards that wait for somebody, that cannot be settled, or whose sum is wrong.
select
    format(
        'season %s is over for more than a week, and its standings are not final',
        seasons.id
    ) as finding
from app.seasons
where
    seasons.ends_at + 8 * interval '24 hours' <= now()
    and exists (
        select from app.reward_definitions as definitions
        where
            definitions.season_id = seasons.id
            and definitions.kind = 'RANK'
            and definitions.leaderboard_key is null
    )
    and not exists (
        select from app.final_standings as frozen
        where frozen.season_id = seasons.id and frozen.leaderboard_key is null
    )
union all
select
    format(
        'season %s gives reward %s for ranks of board %s, which has no final run of it',
        definitions.season_id, definitions.reward_key, definitions.leaderboard_key
    )
from app.reward_definitions as definitions
inner join app.seasons on definitions.season_id = seasons.id
left join app.leaderboard_defs as boards on definitions.leaderboard_key = boards.key
where
    definitions.leaderboard_key is not null
    and seasons.ends_at + (1 + coalesce(boards.corrected_for_days, 0))
    * interval '24 hours' <= now()
    and not exists (
        select from app.final_standings as frozen
        where
            frozen.season_id = definitions.season_id
            and frozen.leaderboard_key = definitions.leaderboard_key
    )
union all
select
    format(
        '%s claimed rewards of season %s wait, the first one since %s UTC',
        count(*), rewards.season_id,
        to_char(min(rewards.claimed_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
    )
from app.rewards
where
    rewards.state = 'CLAIMED'
    and rewards.claimed_at <= now() - interval '14 days'
group by rewards.season_id
union all
select
    format(
        'of season %s, %s rewards were entitled, and the states are those of %s',
        sums.season_id, sums.entitled, sums.states
    )
from (
    select
        each_season.*,
        each_season.open + each_season.claimed + each_season.fulfilled
        + each_season.refused + each_season.lapsed + each_season.taken_back as states
    from app.reward_sums as each_season
) as sums
where sums.entitled <> sums.states
