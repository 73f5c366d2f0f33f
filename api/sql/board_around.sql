-- A cluster on a run of a board with its neighbours, as many on each side.
with

listed as (

    select
        entries.*,
        row_number() over (order by entries.rank, entries.cluster_id) as place
    from analytics.leaderboard_entries as entries
    where entries.run_id = %(run)s

)

select
    listed.rank,
    listed.cluster_id,
    listed.score,
    listed.tiebreaker,
    listed.payload,
    case when players.show_on_boards then players.display_name end as display_name
from listed
inner join listed as own on own.cluster_id = %(cluster)s
left join app.wallet_clusters as clusters on listed.cluster_id = clusters.cluster_id
left join app.players on clusters.player_id = players.player_id
where abs(listed.place - own.place) <= %(neighbours)s
order by listed.place
