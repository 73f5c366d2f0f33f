-- The request for the ends of a cluster: whether there is one, whether it was parked in
-- the last hour because the ends cannot be computed, and whether too many requests
-- wait.
select
    requests.request_id is not null and requests.parked_at is null as is_requested,
    coalesce(requests.parked_at >= now() - interval '1 hour', false) as is_parked,
    (
        select count(*) from app.etl_requests as waiting
        where waiting.kind = 'ENDS' and waiting.parked_at is null
    ) >= %(most)s as is_full
from (values (%(cluster)s)) as asked (cluster_id)
left join app.etl_requests as requests
    on asked.cluster_id = requests.cluster_id and requests.kind = 'ENDS'
