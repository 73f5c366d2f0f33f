-- Boards by key: those with one of the keys, or all.
select
    key,
    name,
    description,
    category_key,
    metric_source,
    metric_key,
    fallback_metric_source,
    fallback_metric_key,
    time_window,
    is_active,
    is_public,
    verified_only,
    max_entries,
    corrected_for_days,
    is_frozen
from app.leaderboard_defs
where key = any(%(keys)s) or %(keys)s::text[] is null
order by key
