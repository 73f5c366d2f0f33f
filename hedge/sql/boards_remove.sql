-- Deletes a board; its runs and their entries go by foreign keys. Returns how many.
with

counts as (

    select
        count(*) as board_runs,
        coalesce(sum(row_count), 0)::bigint as board_entries
    from app.leaderboard_runs
    where leaderboard_key = %(key)s

),

removed as (

    delete from app.leaderboard_defs
    where key = %(key)s
    returning key

)

select
    removed.key,
    counts.board_runs,
    counts.board_entries
from removed
cross join counts
