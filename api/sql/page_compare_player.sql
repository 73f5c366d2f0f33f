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
    from app.shown_names as taken
    inner join app.wallet_clusters as clusters on taken.player_id = clusters.player_id
    where taken.folded = %(folded)s

)

select
    matching.cluster_id,
    shown.display_name
from matching
inner join app.wallet_clusters as clusters on matching.cluster_id = clusters.cluster_id
left join app.shown_names as shown on clusters.player_id = shown.player_id
order by matching.priority, matching.cluster_id
limit 1
