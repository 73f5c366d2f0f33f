-- depends: 0009-deployed-views

-- The board run that readers see: of the complete runs of a board the one of the latest
-- period, computed as of the latest instant. Null, the period_end of all time, sorts as
-- the latest. The subquery for each board is one look-up in the index of
-- app.leaderboard_runs, also where the view is joined or asked for one board.
create view app.latest_board_runs as
select
    defs.key as leaderboard_key,
    runs.id,
    runs.period_start,
    runs.period_end,
    runs.as_of,
    runs.row_count,
    runs.finished_at
from app.leaderboard_defs as defs
cross join lateral (
    select
        complete.id,
        complete.period_start,
        complete.period_end,
        complete.as_of,
        complete.row_count,
        complete.finished_at
    from app.leaderboard_runs as complete
    where complete.leaderboard_key = defs.key and complete.status = 'COMPLETE'
    order by complete.period_end desc, complete.as_of desc, complete.id desc
    limit 1
) as runs;
