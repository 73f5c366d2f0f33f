-- Asks for a run: of a cluster, or for everybody.
insert into app.etl_requests (kind, cluster_id, reason, caused_by)
values (%(kind)s, %(cluster)s, 'asked for by an admin', %(caused_by)s)
returning request_id
