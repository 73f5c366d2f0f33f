-- Shown names and ids of clusters that begin as a text does: candidates for "did you
-- mean", with the clusters that have them. The text is the first characters of what was
-- typed, also folded. By `offset 0` each name looks up its player, however many names
-- the planner expects.
(
    select
        shown.display_name as name,
        shown.cluster_id
    from app.names_of_players as taken
    cross join
        lateral (
            select
                named.display_name,
                clusters.cluster_id
            from app.shown_names as named
            inner join app.wallet_clusters as clusters
                on named.player_id = clusters.player_id
            where
                named.player_id = taken.player_id
                and named.folded = taken.folded
            order by clusters.cluster_id
            offset 0
        ) as shown
    where starts_with(taken.folded, %(folded)s)
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
