-- What the edit does to rewards, by the definitions of rewards and the rules of runs:
-- entitled  a level is reached with the edit alone: the next run entitles
-- withheld  a level is reached without the edit alone, and no reward of it stands
-- kept      the same where one stands: that a level falls again takes nothing back
-- rank won, rank lost  who has a rank that gives something as it stands now, on one
--   side alone; ranks are given when the season is final
create temporary table preview_rewards as
with

given as (

    select
        defined.season_id,
        defined.reward_key,
        defined.name,
        defined.level,
        defined.leaderboard_key,
        defined.rank_from,
        defined.rank_to,
        seasons.starts_at,
        seasons.ends_at
    from app.reward_definitions as defined
    inner join app.seasons as seasons on defined.season_id = seasons.id
    where
        seasons.state <> 'draft'
        and coalesce(defined.valid_until > app.as_of(), true)
        and not exists (
            select from app.final_standings as standings
            where
                standings.season_id = defined.season_id
                and standings.leaderboard_key
                is not distinct from defined.leaderboard_key
                and defined.kind = 'RANK'
        )

),

sides as (

    select
        false as is_after,
        season_id,
        cluster_id,
        points,
        level
    from before_season_progress
    union all
    select
        true as is_after,
        season_id,
        cluster_id,
        points,
        level
    from after_season_progress

),

ranked as (

    select
        sides.is_after,
        sides.season_id,
        sides.cluster_id,
        null::text as leaderboard_key,
        dense_rank() over (
            partition by sides.is_after, sides.season_id order by sides.points desc
        ) as rank
    from sides
    where sides.points > 0
    union all
    select
        entries.is_after,
        seasons.id as season_id,
        entries.cluster_id,
        runs.leaderboard_key,
        entries.rank
    from (
        select
            false as is_after,
            run_id,
            cluster_id,
            rank
        from before_leaderboard_entries
        union all
        select
            true as is_after,
            run_id,
            cluster_id,
            rank
        from after_leaderboard_entries
    ) as entries
    inner join app.leaderboard_runs as runs on entries.run_id = runs.id
    inner join app.seasons as seasons
        on
            runs.period_start = seasons.starts_at
            and runs.period_end = seasons.ends_at

),

reached as (

    select
        sides.is_after,
        given.season_id,
        given.reward_key,
        given.name,
        given.leaderboard_key,
        sides.cluster_id,
        false as is_rank
    from given
    inner join sides
        on
            given.season_id = sides.season_id
            and given.level <= sides.level
    union all
    select
        ranked.is_after,
        given.season_id,
        given.reward_key,
        given.name,
        given.leaderboard_key,
        ranked.cluster_id,
        true as is_rank
    from given
    inner join ranked
        on
            given.season_id = ranked.season_id
            and given.leaderboard_key is not distinct from ranked.leaderboard_key
            and ranked.rank between given.rank_from and given.rank_to

),

on_one_side as (

    select
        reached.season_id,
        reached.reward_key,
        reached.name,
        reached.leaderboard_key,
        reached.cluster_id,
        reached.is_rank,
        bool_or(reached.is_after) as is_after
    from reached
    inner join app.wallet_clusters as clusters
        on reached.cluster_id = clusters.cluster_id
    group by
        reached.season_id,
        reached.reward_key,
        reached.name,
        reached.leaderboard_key,
        reached.cluster_id,
        reached.is_rank
    having count(distinct reached.is_after) = 1

),

judged as (

    select
        on_one_side.*,
        exists(
            select from app.rewards as standing
            where
                standing.season_id = on_one_side.season_id
                and standing.reward_key = on_one_side.reward_key
                and standing.cluster_id = on_one_side.cluster_id
                -- what was handed out once is not promised again
                and (
                    standing.state <> 'TAKEN_BACK'
                    or standing.fulfilled_at is not null
                )
        ) as has_it
    from on_one_side
    where
        not exists (
            select from app.excluded_from_rewards(app.as_of()) as excluded
            where
                excluded.cluster_id = on_one_side.cluster_id
                and coalesce(excluded.season_id, on_one_side.season_id)
                = on_one_side.season_id
                and (
                    excluded.board_key is null
                    or excluded.board_key = on_one_side.leaderboard_key
                )
        )

)

select
    season_id,
    reward_key,
    name,
    cluster_id,
    case
        when is_rank and is_after then 'rank won'
        when is_rank then 'rank lost'
        when is_after then 'entitled'
        when has_it then 'kept'
        else 'withheld'
    end as effect
from judged
where not (is_after and has_it);
