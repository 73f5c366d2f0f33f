-- Where a cluster is in a board run: its rank, how it has moved since another run, how
-- many are listed, and the percentage of them that have a worse rank, rounded down.
with

counted as (

    select
        count(*) as clusters,
        count(*) filter (where listed.rank > own.rank) as worse
    from analytics.leaderboard_entries as own
    inner join analytics.leaderboard_entries as listed on own.run_id = listed.run_id
    where own.run_id = %(run)s and own.cluster_id = %(cluster)s

)

select
    own.rank,
    own.cluster_id,
    own.score,
    counted.clusters,
    previous.rank as previous_rank,
    shown.display_name,
    previous.rank - own.rank as moved,
    trunc(counted.worse * 100.0 / counted.clusters, 1) as better_than
from analytics.leaderboard_entries as own
cross join counted
left join analytics.leaderboard_entries as previous
    on
        previous.run_id = %(previous)s::bigint
        and own.cluster_id = previous.cluster_id
left join app.wallet_clusters as clusters on own.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
where own.run_id = %(run)s and own.cluster_id = %(cluster)s
