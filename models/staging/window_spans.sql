{# The spans of time that metrics are measured in: half-open, in UTC. #}
{#
   A run computes the windows it names (the setting hedge.windows), else those that always
   stand: all time, the last 180 days and the active season.
#}
with

windows as (

    select
        'all_time' as window_key,
        '-infinity'::timestamptz as starts_at,
        app.as_of() as ends_at,
        true as is_standing

    union all

    select
        'rolling_180d' as window_key,
        -- in hours, because a day of a session's time zone may have 23 or 25
        app.as_of() - 180 * interval '24 hours' as starts_at,
        app.as_of() as ends_at,
        true as is_standing

    union all

    select
        window_key,
        case scoring when 'SEASON' then starts_at else '-infinity' end as starts_at,
        ends_at,
        is_standing

    from {{ ref('seasons') }}

    union all

    -- what gains are measured from: state as it stood when the season began, in a
    -- window in which nothing can happen
    select
        baseline_key as window_key,
        starts_at,
        starts_at as ends_at,
        is_standing

    from {{ ref('seasons') }}
    where scoring = 'SEASON'

    union all

    select
        'run:' || run_id as window_key,
        coalesce(period_start, '-infinity') as starts_at,
        least(period_end, app.as_of()) as ends_at,
        false as is_standing

    from {{ ref('board_runs') }}

)

select
    window_key,
    starts_at,
    ends_at

from windows
where coalesce(window_key = any(app.windows()), is_standing)
