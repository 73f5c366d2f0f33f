-- Deletes ends of past periods whose run is not in the run ledger any more, those that
-- no request is going to compute, and requests that no worker has served for a day. Who
-- asks again gets them computed again.
with

unserved as (

    delete from app.etl_requests as requests
    where
        requests.kind = 'ENDS'
        and requests.taken_by is null
        and requests.requested_at < now() - interval '1 day'
    returning requests.request_id

)

delete from app.past_ends as ends
where
    not exists (
        select from app.etl_runs as runs
        where runs.run_id = ends.run_id
    )
    and not exists (
        select from app.etl_requests as requests
        where
            requests.kind = 'ENDS'
            and requests.cluster_id = ends.cluster_id
            and requests.request_id not in (select unserved.request_id from unserved)
    )
