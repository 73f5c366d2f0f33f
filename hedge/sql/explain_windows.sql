-- The windows in which a cluster was computed.
select window_key
from analytics.cluster_metrics
where cluster_id = %(cluster)s
order by window_key
