-- Since when a period of a board that readers see is stale, the one that was stale
-- first, in seconds since 1970. Boards that nobody computes again are left out.
select
    leaderboard_key as board,
    extract(epoch from min(stale_since))::double precision as stale_since
from app.stale_board_runs
group by leaderboard_key
order by leaderboard_key
