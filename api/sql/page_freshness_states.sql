-- How each watched raw table stands beside the thresholds of the deployed project,
-- given as {table: {"warn_after": seconds, "error_after": seconds}}: fresh, late from
-- the first on, stale from the second on; empty where it never had a row, demo where
-- all of its rows came with a demo world, and unwatched without thresholds.
select
    watched.table_name,
    (given.limits ->> 'warn_after')::bigint as warn_after,
    (given.limits ->> 'error_after')::bigint as error_after,
    case
        when loads.loaded_at is null then 'empty'
        when loads.loaded_at <= world.loaded_at then 'demo'
        when given.limits is null then 'unwatched'
        when
            now() - loads.loaded_at
            > (given.limits ->> 'error_after')::bigint * interval '1 second'
            then 'stale'
        when
            now() - loads.loaded_at
            > (given.limits ->> 'warn_after')::bigint * interval '1 second'
            then 'late'
        else 'fresh'
    end as state
from app.watched_tables as watched
left join lateral (
    select max(days.loaded_at) as loaded_at
    from app.loaded_days as days
    where days.table_name = watched.table_name
) as loads on true
left join
    jsonb_each(%(thresholds)s) as given (table_name, limits)
    on watched.table_name = given.table_name
left join app.made_up_world as world on true
order by watched.table_name
