-- The entries of a run of a board, best first.
select
    rank,
    cluster_id,
    payload,
    trim_scale(score) as score,
    trim_scale(tiebreaker) as tiebreaker
from analytics.leaderboard_entries
where run_id = %(run)s
order by rank, cluster_id
limit %(limit)s
