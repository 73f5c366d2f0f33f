-- The entries of a board run whose cluster has an id that begins with a text, or a
-- shown name that begins with it (folded, by NFKC and case). Who has the whole text as
-- id or name comes first, then the better rank.
with

matching as (

    select clusters.cluster_id
    from app.wallet_clusters as clusters
    where starts_with(clusters.cluster_id, %(text)s)

    union

    select clusters.cluster_id
    from app.names_of_players as taken
    inner join app.players on taken.player_id = players.player_id
    inner join app.wallet_clusters as clusters
        on players.player_id = clusters.player_id
    where
        players.show_on_boards
        and taken.display_name = players.display_name
        and starts_with(taken.folded, %(folded)s)

)

select
    entries.rank,
    entries.cluster_id,
    entries.score,
    case when players.show_on_boards then players.display_name end as display_name,
    entries.cluster_id = %(text)s
    or (
        players.show_on_boards
        and taken.display_name = players.display_name
        and taken.folded = %(folded)s
    ) as is_whole
from matching
inner join analytics.leaderboard_entries as entries
    on entries.run_id = %(run)s and matching.cluster_id = entries.cluster_id
inner join app.wallet_clusters as clusters on matching.cluster_id = clusters.cluster_id
inner join app.players on clusters.player_id = players.player_id
left join app.names_of_players as taken on players.player_id = taken.player_id
order by is_whole desc, entries.rank asc, entries.cluster_id asc
limit %(limit)s
