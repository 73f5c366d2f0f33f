{# The spans of time that metrics are measured in: half-open, in UTC. #}
with

windows as (

    select
        'all_time' as window_key,
        '-infinity'::timestamptz as starts_at,
        app.as_of() as ends_at

    union all

    select
        'rolling_180d' as window_key,
        -- in hours, because a day of a session's time zone may have 23 or 25
        app.as_of() - 180 * interval '24 hours' as starts_at,
        app.as_of() as ends_at

)

select * from windows
