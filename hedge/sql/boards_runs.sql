-- Board runs, newest first: of one board, those with an id, or the newest of each board.
select
    id,
    leaderboard_key,
    period_start,
    period_end,
    status,
    as_of,
    row_count,
    error,
    started_at,
    finished_at
from app.leaderboard_runs
where
    (leaderboard_key = %(key)s or %(key)s::text is null)
    and (id = any(%(ids)s) or %(ids)s::bigint[] is null)
    and (
        not %(only_newest)s
        or id in (select max(id) from app.leaderboard_runs group by leaderboard_key)
    )
order by id desc
