-- The ranks of a board are dense: they begin with 1 and have no gap.
select
    run_id,
    max(rank) as last_rank,
    count(distinct rank) as ranks

from {{ ref('leaderboard_entries') }}
group by run_id
having max(rank) != count(distinct rank)
