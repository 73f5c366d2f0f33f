-- Entries of a board run behind a place, with the names of players who show them on
-- boards and the ranks in another run; with clusters only theirs.
with

listed as (

    select entries.*
    from analytics.leaderboard_entries as entries
    where
        entries.run_id = %(run)s
        and (entries.rank, entries.cluster_id)
        > (%(after_rank)s::integer, %(after_cluster)s::text)
        and (
            entries.cluster_id = any(%(clusters)s::text[])
            or %(clusters)s::text[] is null
        )
    order by entries.rank, entries.cluster_id
    limit %(limit)s

)

select
    listed.rank,
    listed.cluster_id,
    listed.score,
    listed.tiebreaker,
    listed.payload,
    previous.rank as previous_rank,
    shown.display_name,
    array_remove(
        array[
            listed.score,
            listed.tiebreaker,
            listed.third_value,
            listed.fourth_value
        ],
        null
    ) as key_values
from listed
left join analytics.leaderboard_entries as previous
    on
        previous.run_id = %(previous_run)s
        and listed.cluster_id = previous.cluster_id
left join app.wallet_clusters as clusters on listed.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
order by listed.rank, listed.cluster_id
