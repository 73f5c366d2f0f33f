-- Lets requests be taken again at once, with all of their attempts: one, or all that
-- are parked.
update app.etl_requests
set
    parked_at = null,
    attempts = 0,
    deaths = 0,
    largest_batch = null,
    times_held_back = 0,
    next_attempt_at = now(),
    error = null
where
    request_id = %(request)s
    or (%(request)s::bigint is null and parked_at is not null)
returning request_id
