-- Deletes the cluster of a player and its links. The trigger on app.wallet_links
-- requests the run that deletes the cluster's rows in marts.
with deleted_links as (
    delete from app.wallet_links
    where cluster_id = (
        select cluster_id from app.wallet_clusters
        where player_id = %(player)s
    )
)

delete from app.wallet_clusters
where player_id = %(player)s
