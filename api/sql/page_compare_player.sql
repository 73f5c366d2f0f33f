-- The cluster with an id, else the one whose player shows a name (folded, by NFKC and
-- case).
with

matching as (

    select
        clusters.cluster_id,
        1 as priority
    from app.wallet_clusters as clusters
    where clusters.cluster_id = %(text)s

    union all

    select
        clusters.cluster_id,
        2 as priority
    from app.names_of_players as taken
    inner join app.players on taken.player_id = players.player_id
    inner join app.wallet_clusters as clusters
        on players.player_id = clusters.player_id
    where
        taken.folded = %(folded)s
        and taken.display_name = players.display_name
        and players.show_on_boards

)

select
    matching.cluster_id,
    case when players.show_on_boards then players.display_name end as display_name
from matching
inner join app.wallet_clusters as clusters on matching.cluster_id = clusters.cluster_id
inner join app.players on clusters.player_id = players.player_id
order by matching.priority, matching.cluster_id
limit 1
