-- Deletes requests that a run has served.
delete from app.etl_requests
where request_id = any(%(requests)s)
