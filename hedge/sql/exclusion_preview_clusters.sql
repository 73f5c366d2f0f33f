-- The clusters that the notes of a name concern.
select distinct changes.cluster_id
from analytics.cluster_changes as changes
inner join app.wallet_clusters as clusters on changes.cluster_id = clusters.cluster_id
where changes.taken_by = %(name)s
order by changes.cluster_id
