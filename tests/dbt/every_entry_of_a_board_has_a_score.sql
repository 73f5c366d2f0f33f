-- Every entry of a board has a score above zero: a cluster with zero is not listed.
select
    run_id,
    cluster_id,
    score

from {{ ref('leaderboard_entries') }}
where score <= 0
