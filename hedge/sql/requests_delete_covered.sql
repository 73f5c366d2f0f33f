-- Clusters that were asked for and that a run over everything new has computed: it saw
-- all that was committed before, and was as of no earlier instant.
delete from app.etl_requests
using app.etl_runs as runs
where
    runs.run_id = %(run)s
    and etl_requests.kind = 'CLUSTER'
    and etl_requests.parked_at is null
    and etl_requests.requested_at < runs.seen_until
    and etl_requests.requested_at < runs.as_of
