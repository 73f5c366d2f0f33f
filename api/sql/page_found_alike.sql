-- Shown names and ids of clusters that begin as a text does: candidates for "did you
-- mean", with the clusters that have them. The text is the first characters of what was
-- typed, also folded.
(
    select
        players.display_name as name,
        clusters.cluster_id
    from app.names_of_players as taken
    inner join app.players on taken.player_id = players.player_id
    inner join app.wallet_clusters as clusters
        on players.player_id = clusters.player_id
    where
        players.show_on_boards
        and taken.display_name = players.display_name
        and starts_with(taken.folded, %(folded)s)
    order by taken.folded
    limit %(limit)s
)

union all

(
    select
        clusters.cluster_id as name,
        clusters.cluster_id
    from app.wallet_clusters as clusters
    where starts_with(clusters.cluster_id, %(text)s)
    order by clusters.cluster_id
    limit %(limit)s
)
