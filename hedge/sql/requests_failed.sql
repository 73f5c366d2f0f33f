-- Requests whose run failed: tried again after a pause that grows, then parked with the
-- reason.
update app.etl_requests
set
    error = %(error)s,
    taken_by = null,
    taken_since = null,
    next_attempt_at = now() + %(first_pause)s * 4 ^ (attempts - 1),
    parked_at = case when attempts >= %(most_attempts)s then now() end
where request_id = any(%(requests)s)
