{# Seasons that have begun, and the windows that measure them. One row per season. #}
select
    id as season_id,
    scoring,
    starts_at,
    least(ends_at, app.as_of()) as ends_at,
    'season:' || id as window_key,
    'season:' || id || ':baseline' as baseline_key,
    -- the last facts of a season may be loaded in the week after its end
    is_active
    and state <> 'retired'
    and app.as_of() < ends_at + 7 * interval '24 hours' as is_default

from {{ source('app', 'seasons') }}
where starts_at <= app.as_of()
