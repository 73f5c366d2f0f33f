-- The requests that a run of some clusters serves, if it begins after this query.
select request_id
from app.etl_requests
where kind = 'CLUSTER' and cluster_id = any(%(clusters)s)
order by request_id
