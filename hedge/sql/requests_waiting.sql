-- Whether a request could be taken now.
select exists(
    select from app.etl_requests as waiting
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
)
