-- The entries of a board run, by rank.
select
    rank,
    cluster_id,
    trim_scale(score) as score,
    trim_scale(tiebreaker) as tiebreaker,
    payload
from analytics.leaderboard_entries
where run_id = %(run)s
order by rank, cluster_id
limit %(limit)s
