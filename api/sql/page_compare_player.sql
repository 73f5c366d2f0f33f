-- The cluster with an id, else the one whose player shows a name (folded, by NFKC and
-- case).
select
    clusters.cluster_id,
    case when players.show_on_boards then players.display_name end as display_name
from app.wallet_clusters as clusters
inner join app.players on clusters.player_id = players.player_id
where
    clusters.cluster_id = %(text)s
    or players.player_id = (
        select taken.player_id
        from app.names_of_players as taken
        inner join app.players as named on taken.player_id = named.player_id
        where
            taken.folded = %(folded)s
            and taken.display_name = named.display_name
            and named.show_on_boards
        order by taken.player_id
        limit 1
    )
order by clusters.cluster_id = %(text)s desc
limit 1
