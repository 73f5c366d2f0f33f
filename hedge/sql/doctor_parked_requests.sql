-- Requests that no worker tries again.
select
    format(
        'request %s (%s) is parked since %s: %s',
        request_id,
        concat_ws(' ', kind, cluster_id),
        to_char(parked_at, 'YYYY-MM-DD HH24:MI'),
        split_part(error, E'\n', 1)
    ) as finding
from app.etl_requests
where parked_at is not null
order by request_id
