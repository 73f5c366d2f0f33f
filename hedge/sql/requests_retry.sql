-- Lets a parked request be taken again at once, with all of its attempts.
update app.etl_requests
set parked_at = null, attempts = 0, next_attempt_at = now(), error = null
where request_id = %(request)s
returning request_id
