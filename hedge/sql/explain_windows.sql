-- The windows in which a cluster was computed.
select window_key
from analytics.cluster_metrics
where
    cluster_id = %(cluster)s
    -- of a board, and there only for the while
    and window_key not like 'run:%%'
order by window_key
