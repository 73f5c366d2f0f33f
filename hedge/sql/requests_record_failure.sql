-- Records why the run of some requests failed. They can be taken again after a pause
-- that grows with every attempt; after the last attempt they are parked.
update app.etl_requests
set
    error = %(error)s,
    taken_by = null,
    taken_since = null,
    batch = null,
    attempts = attempts + 1,
    next_attempt_at = now() + %(first_pause)s * 4 ^ attempts,
    parked_at = case when attempts + 1 >= %(most_attempts)s then now() end
where request_id = any(%(requests)s)
