-- The account, its links and its cluster. The run that the links ask for removes its
-- rows.
with gone_links as (
    delete from app.wallet_links
    where cluster_id = (
        select cluster_id from app.wallet_clusters
        where player_id = %(player)s
    )
)

delete from app.wallet_clusters
where player_id = %(player)s
