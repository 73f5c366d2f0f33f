-- Deletes a request that no run shall serve; one that a session has taken stays.
delete from app.etl_requests as dropped
where
    dropped.request_id = %(request)s
    and not exists (
        select from pg_stat_activity as holders
        where
            holders.pid = dropped.taken_by
            and holders.backend_start = dropped.taken_since
    )
returning request_id
