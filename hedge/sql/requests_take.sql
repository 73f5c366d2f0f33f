-- Takes the oldest requests that wait and nobody works on, for this session. A request
-- is worked on while the session that took it lives.
update app.etl_requests
set
    attempts = attempts + 1,
    taken_by = pg_backend_pid(),
    taken_since = (
        select backend_start from pg_stat_activity
        where pid = pg_backend_pid()
    )
where
    request_id in (
        select waiting.request_id
        from app.etl_requests as waiting
        where
            waiting.kind = any(%(kinds)s)
            and waiting.parked_at is null
            and waiting.next_attempt_at <= now()
            and not exists (
                select from pg_stat_activity as holders
                where
                    holders.pid = waiting.taken_by
                    and holders.backend_start = waiting.taken_since
            )
        order by waiting.request_id
        limit %(limit)s
        for update skip locked
    )
returning
    request_id,
    kind,
    cluster_id,
    caused_by,
    attempts
