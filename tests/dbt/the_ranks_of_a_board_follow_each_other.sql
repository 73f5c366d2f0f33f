-- A dense rank begins with 1 and leaves nothing out.
select
    run_id,
    max(rank) as last_rank,
    count(distinct rank) as ranks

from {{ ref('leaderboard_entries') }}
group by run_id
having max(rank) != count(distinct rank)
