-- Requests a run of one cluster (kind CLUSTER) or a FULL or INCREMENTAL run.
insert into app.etl_requests (kind, cluster_id, reason, caused_by)
values (%(kind)s, %(cluster)s, 'asked for by an admin', %(caused_by)s)
returning request_id
