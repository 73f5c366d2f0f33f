-- How many clusters have a value that the last runs had to leave out.
select count(distinct cluster_id) as number
from analytics.cluster_metrics
where left_out is not null
