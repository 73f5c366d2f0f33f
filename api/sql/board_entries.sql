-- The first entries of a run; names only of players who asked for it.
select
    entries.rank,
    entries.cluster_id,
    entries.score,
    entries.tiebreaker,
    entries.payload,
    case when players.show_on_boards then players.display_name end as display_name
from analytics.leaderboard_entries as entries
left join app.wallet_clusters as clusters on entries.cluster_id = clusters.cluster_id
left join app.players on clusters.player_id = players.player_id
where entries.run_id = %(run)s
order by entries.rank, entries.cluster_id
limit %(limit)s
