-- A score of zero is no achievement.
select
    run_id,
    cluster_id,
    score

from {{ ref('leaderboard_entries') }}
where score <= 0
