-- For each watched raw table: when its last row was loaded and the latest event that it
-- holds, in seconds since 1970 and null where it never had a row, how many rows were
-- rejected in the last day, and whether all of its rows came with a demo world.
with

rejected as (

    select
        table_name,
        count(*) as number
    from raw.rejected_rows
    where rejected_at > now() - interval '1 day'
    group by table_name

),

loads as (

    select
        table_name,
        max(loaded_at) as loaded_at,
        max(event_at) as event_at
    from app.loaded_days
    group by table_name

)

select
    watched.table_name,
    extract(epoch from loads.loaded_at)::double precision as loaded_at,
    case
        when isfinite(loads.event_at)
            then extract(epoch from loads.event_at)::double precision
    end as event_at,
    coalesce(rejected.number, 0) as rejected,
    coalesce(loads.loaded_at <= world.loaded_at, false) as is_made_up
from app.watched_tables as watched
left join loads on watched.table_name = loads.table_name
left join rejected on watched.table_name = rejected.table_name
left join app.made_up_world as world on true
order by watched.table_name
