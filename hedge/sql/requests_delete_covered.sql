-- Deletes the requests for clusters that a run over all changes has served: those made
-- before its watermark, because it has seen their change, and before its as-of instant.
delete from app.etl_requests
using app.etl_runs as runs
where
    runs.run_id = %(run)s
    and etl_requests.kind = 'CLUSTER'
    and etl_requests.parked_at is null
    and etl_requests.requested_at < runs.seen_until
    and etl_requests.requested_at < runs.as_of
