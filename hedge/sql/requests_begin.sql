-- Records how many requests are computed together from now on.
update app.etl_requests
set batch = cardinality(%(requests)s::bigint[])
where request_id = any(%(requests)s)
