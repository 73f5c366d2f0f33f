-- The first ten of each board that changes, before and after.
select
    defs.key as board,
    defs.name,
    runs.period_start,
    runs.period_end,
    places.rank_before,
    places.cluster_before,
    places.rank_after,
    places.cluster_after,
    trim_scale(places.score_before) as score_before,
    trim_scale(places.score_after) as score_after
from preview_board_places as places
inner join app.leaderboard_runs as runs on places.run_id = runs.id
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
order by defs.key, places.place
