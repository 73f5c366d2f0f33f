-- The entry of a cluster in a board run, with a number of neighbours on each side and
-- the ranks in another run.
with

placed as (

    select
        entries.*,
        row_number() over (order by entries.rank, entries.cluster_id) as place
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s

)

select
    placed.rank,
    placed.cluster_id,
    placed.score,
    placed.tiebreaker,
    placed.payload,
    previous.rank as previous_rank,
    shown.display_name,
    array_remove(
        array[
            placed.score,
            placed.tiebreaker,
            placed.third_value,
            placed.fourth_value
        ],
        null
    ) as key_values
from placed
inner join placed as own on own.cluster_id = %(cluster)s
left join analytics.leaderboard_entries as previous
    on
        previous.run_id = %(previous_run)s
        and placed.cluster_id = previous.cluster_id
left join app.wallet_clusters as clusters on placed.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
where abs(placed.place - own.place) <= %(neighbours)s
order by placed.place
