-- Requests an incremental run where new facts want one: at most one in five seconds,
-- and none while another one waits for a worker.
with

woken as (

    update app.chain_wakes
    set woken_at = clock_timestamp()
    where
        wanted_at is not null
        and (
            woken_at is null
            -- the clock of the server was set back
            or woken_at > clock_timestamp()
            or woken_at < wanted_at
            and woken_at < clock_timestamp() - interval '5 seconds'
        )
        and not exists (
            select from app.etl_requests as waiting
            where
                waiting.kind = 'INCREMENTAL'
                and waiting.taken_by is null
                and waiting.parked_at is null
        )
    returning 1

)

insert into app.etl_requests (kind, reason)
select
    'INCREMENTAL' as kind,
    'new facts of a chain' as reason
from woken
returning request_id
