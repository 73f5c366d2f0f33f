-- Releases the requests whose session has ended without releasing them: the worker has
-- died. Over a cluster that it computed alone, that counts; after some it is parked. Of
-- more, nobody knows over which: at most half as many are computed together the next
-- time. A run for every cluster has a process of its own, over whose death the worker
-- does not die: then the cause is another one, and nothing counts.
with held as materialized (
    select
        requests.request_id,
        requests.kind in ('CLUSTER', 'ENDS') and requests.batch = 1 as is_suspect
    from app.etl_requests as requests
    where
        requests.taken_by is not null
        and not exists (
            select from pg_stat_activity as holders
            where
                holders.pid = requests.taken_by
                and holders.backend_start = requests.taken_since
        )
    order by requests.request_id
    for update skip locked
)

update app.etl_requests as dead
set
    taken_by = null,
    taken_since = null,
    batch = null,
    deaths = deaths + case when held.is_suspect then 1 else 0 end,
    largest_batch = greatest(batch / 2, 1),
    parked_at = case
        when held.is_suspect and deaths + 1 >= %(most_deaths)s then now()
    end,
    error = case
        when held.is_suspect
            then format(
                'a worker died while it computed this alone (time %%s)', deaths + 1
            )
        when batch = 1 then 'a worker died while it waited for the run'
        else format('a worker died while it computed this and %%s more', batch - 1)
    end
from held
where dead.request_id = held.request_id
