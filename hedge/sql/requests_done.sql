-- Requests that are served.
delete from app.etl_requests
where request_id = any(%(requests)s)
