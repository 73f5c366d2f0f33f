-- Lets requests that were taken wait again, as if they had not been.
update app.etl_requests
set taken_by = null, taken_since = null, batch = null
where request_id = any(%(requests)s)
