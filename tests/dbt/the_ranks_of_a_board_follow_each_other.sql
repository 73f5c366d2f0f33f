-- The dense ranks of a board begin with 1 and have no gaps.
select
    run_id,
    max(rank) as last_rank,
    count(distinct rank) as ranks

from {{ ref('leaderboard_entries') }}
group by run_id
having max(rank) != count(distinct rank)
