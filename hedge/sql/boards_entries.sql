-- The entries of a board run, by rank, with the values of the ordering keys.
select
    rank,
    cluster_id,
    payload,
    trim_scale(score) as score,
    trim_scale(tiebreaker) as tiebreaker,
    array_remove(
        array[
            trim_scale(score),
            trim_scale(tiebreaker),
            trim_scale(third_value),
            trim_scale(fourth_value)
        ],
        null
    ) as key_values
from analytics.leaderboard_entries
where run_id = %(run)s
order by rank, cluster_id
limit %(limit)s
