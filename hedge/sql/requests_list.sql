-- Requests that wait or are parked, oldest first.
select
    requests.request_id,
    requests.kind,
    requests.cluster_id,
    requests.reason,
    requests.caused_by,
    requests.requested_at,
    requests.attempts,
    requests.next_attempt_at,
    requests.error,
    case
        when requests.parked_at is not null then 'PARKED'
        when exists (
            select from pg_stat_activity as holders
            where
                holders.pid = requests.taken_by
                and holders.backend_start = requests.taken_since
        ) then 'RUNNING'
        else 'WAITING'
    end as state
from app.etl_requests as requests
where requests.request_id > %(after)s
order by requests.request_id
limit %(limit)s
