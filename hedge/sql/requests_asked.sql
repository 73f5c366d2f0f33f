-- Those of some requests that no run has served yet, and how it stands with each.
select
    requests.request_id,
    requests.error is not null or requests.parked_at is not null as has_failed,
    holders.pid is not null as is_running
from app.etl_requests as requests
left join pg_stat_activity as holders
    on
        requests.taken_by = holders.pid
        and requests.taken_since = holders.backend_start
where requests.request_id = any(%(requests)s)
order by requests.request_id
