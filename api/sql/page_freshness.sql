-- For each watched raw table: when its last row was loaded, the latest event among the
-- rows of the 14 days before that, and the number of rows loaded on each of the last 14
-- UTC days.
with

loads as (

    select
        table_name,
        loaded_on,
        sum(rows_loaded)::bigint as row_count,
        max(loaded_at) as loaded_at,
        max(event_at) as event_at,
        max(loaded_on) over (partition by table_name) as last_loaded_on
    from app.loaded_days
    group by table_name, loaded_on

),

shown_days as (

    select
        watched.table_name,
        age,
        (now() at time zone 'UTC')::date - age as loaded_on
    from app.watched_tables as watched
    cross join generate_series(0, 13) as age

),

days as (

    select
        shown_days.table_name,
        shown_days.age,
        shown_days.loaded_on,
        coalesce(loads.row_count, 0) as row_count,
        max(loads.row_count) over (
            partition by shown_days.table_name
        ) as most_rows
    from shown_days
    left join loads
        on
            shown_days.table_name = loads.table_name
            and shown_days.loaded_on = loads.loaded_on

),

tables as (

    select
        table_name,
        jsonb_agg(
            jsonb_build_object(
                'day', loaded_on,
                'rows', row_count,
                'x', 13 - age,
                -- a few rows beside millions are still to be seen
                'height', case
                    when row_count > 0
                        then round(greatest(row_count * 20.0 / most_rows, 1.5), 1)
                    else 0
                end
            )
            order by age desc
        ) as days
    from days
    group by table_name

)

select
    tables.table_name,
    tables.days,
    max(loads.loaded_at) as loaded_at,
    max(loads.event_at) filter (
        where loads.loaded_on > loads.last_loaded_on - 14
    ) as event_at,
    (
        select count(*) from raw.rejected_rows as rejected
        where rejected.table_name = tables.table_name
    ) as rejected
from tables
left join loads on tables.table_name = loads.table_name
group by tables.table_name, tables.days
order by tables.table_name
