-- Takes the oldest requests that can be taken, for this session, as many as may be
-- computed with the oldest one. backend_start is recorded with the process id, because
-- the system reuses the ids of ended processes.
with oldest as (
    select waiting.largest_batch
    from app.etl_requests as waiting
    where
        waiting.kind = any(%(kinds)s)
        and waiting.parked_at is null
        and waiting.next_attempt_at <= now()
        and waiting.taken_by is null
    order by waiting.request_id
    limit 1
),

chosen as materialized (
    select waiting.request_id
    from app.etl_requests as waiting
    inner join oldest
        on waiting.largest_batch is not distinct from oldest.largest_batch
    where
        waiting.kind = any(%(kinds)s)
        and waiting.parked_at is null
        and waiting.next_attempt_at <= now()
        and waiting.taken_by is null
    order by waiting.request_id
    limit (select least(%(limit)s, one.largest_batch) from oldest as one)
    for update of waiting skip locked
)

update app.etl_requests as taken
set
    batch = (select count(*) from chosen),
    taken_by = pg_backend_pid(),
    taken_since = (
        select backend_start from pg_stat_activity
        where pid = pg_backend_pid()
    )
from chosen
where taken.request_id = chosen.request_id
returning
    taken.request_id,
    taken.kind,
    taken.cluster_id,
    taken.reason,
    taken.caused_by,
    taken.requested_at,
    taken.attempts,
    taken.next_attempt_at,
    'RUNNING' as state,
    taken.error
