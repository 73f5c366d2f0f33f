-- Releases the requests whose session has ended without releasing them: the worker has
-- died. Over one that it computed alone, that counts; after some it is parked. Of more,
-- nobody knows over which: at most half as many are computed together the next time.
update app.etl_requests as dead
set
    taken_by = null,
    taken_since = null,
    batch = null,
    deaths = deaths + case when batch = 1 then 1 else 0 end,
    largest_batch = greatest(batch / 2, 1),
    parked_at = case when batch = 1 and deaths + 1 >= %(most_deaths)s then now() end,
    error = format(
        case
            when batch = 1
                then 'a worker died while it computed this alone (time %%s)'
            else 'a worker died while it computed this and %%s more'
        end,
        case when batch = 1 then deaths + 1 else batch - 1 end
    )
where dead.request_id in (
    select held.request_id
    from app.etl_requests as held
    where
        held.taken_by is not null
        and not exists (
            select from pg_stat_activity as holders
            where
                holders.pid = held.taken_by
                and holders.backend_start = held.taken_since
        )
    order by held.request_id
    for update skip locked
)
