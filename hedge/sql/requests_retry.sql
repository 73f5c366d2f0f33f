-- A parked request is tried again, at once.
update app.etl_requests
set parked_at = null, attempts = 0, next_attempt_at = now(), error = null
where request_id = %(request)s
returning request_id
