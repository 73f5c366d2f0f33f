-- The ranks and scores that change on boards, best ranks first: each cluster that
-- comes, goes or moves.
with

moved as (

    select
        before_side.rank as rank_before,
        after_side.rank as rank_after,
        before_side.score as score_before,
        after_side.score as score_after,
        coalesce(after_side.run_id, before_side.run_id) as run_id,
        coalesce(after_side.cluster_id, before_side.cluster_id) as cluster_id
    from before_leaderboard_entries as before_side
    full join after_leaderboard_entries as after_side
        on
            before_side.run_id = after_side.run_id
            and before_side.cluster_id = after_side.cluster_id
    where
        (before_side.rank, before_side.score)
        is distinct from (after_side.rank, after_side.score)

)

select
    defs.key as board,
    defs.name,
    runs.period_start,
    runs.period_end,
    moved.cluster_id,
    moved.rank_before,
    moved.rank_after,
    trim_scale(moved.score_before) as score_before,
    trim_scale(moved.score_after) as score_after,
    count(*) over () as total
from moved
inner join app.leaderboard_runs as runs on moved.run_id = runs.id
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
order by
    -- those whose score changes are what the exclusion is about
    moved.score_before is not distinct from moved.score_after,
    defs.key,
    least(moved.rank_before, moved.rank_after),
    moved.cluster_id
limit %(limit)s
