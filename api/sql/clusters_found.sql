-- The ids of clusters behind an id that begin with a text, of those whose shown name
-- begins with it (folded, by NFKC and case), and of the one that shows the wallet whose
-- whole address it is.
with

named as (

    select shown.player_id
    from app.shown_names as shown
    where starts_with(shown.folded, %(folded)s)

)

select cluster_id
from app.wallet_clusters
where starts_with(cluster_id, %(text)s) and cluster_id > %(after)s

union

select clusters.cluster_id
from named
inner join app.wallet_clusters as clusters on named.player_id = clusters.player_id
where clusters.cluster_id > %(after)s

union

select links.cluster_id
from app.wallet_links as links
inner join app.wallet_clusters as clusters on links.cluster_id = clusters.cluster_id
inner join app.players on clusters.player_id = players.player_id
where
    links.address = %(folded)s
    and links.unlinked_at is null
    and players.show_wallets
    and links.cluster_id > %(after)s
order by cluster_id
limit %(limit)s
