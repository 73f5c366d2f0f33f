{# The windows that a run computes metrics in: half-open, in UTC. One row per window. #}
{#
   A run computes the windows that it names (the setting hedge.windows). A run that
   names none computes the default windows: all time, the last 180 days and the active
   season.
#}
with

windows as (

    select
        'all_time' as window_key,
        '-infinity'::timestamptz as starts_at,
        app.as_of() as ends_at,
        true as is_default

    union all

    select
        'rolling_180d' as window_key,
        -- in hours: a day of the session's time zone may have 23 or 25 hours
        app.as_of() - 180 * interval '24 hours' as starts_at,
        app.as_of() as ends_at,
        true as is_default

    union all

    select
        window_key,
        case scoring when 'SEASON' then starts_at else '-infinity' end as starts_at,
        ends_at,
        is_default

    from {{ ref('seasons') }}

    union all

    -- an empty window at the start of the season: its metrics are the states of that
    -- instant, which gains are measured from
    select
        baseline_key as window_key,
        starts_at,
        starts_at as ends_at,
        is_default

    from {{ ref('seasons') }}
    where scoring = 'SEASON'

    union all

    select
        'run:' || run_id as window_key,
        coalesce(period_start, '-infinity') as starts_at,
        least(period_end, app.as_of()) as ends_at,
        false as is_default

    from {{ ref('board_runs') }}

    union all

    -- all time until the end of a past period, which a run names
    select
        named.window_key,
        '-infinity' as starts_at,
        least(substr(named.window_key, 5)::timestamptz, app.as_of()) as ends_at,
        false as is_default

    from unnest(app.windows()) as named (window_key)
    where named.window_key like 'end:%'

)

select
    window_key,
    starts_at,
    ends_at

from windows
where coalesce(window_key = any(app.windows()), is_default)
