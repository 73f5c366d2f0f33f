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
    is_frozen,
    metric_direction,
    fallback_direction,
    third_metric_source,
    third_metric_key,
    third_direction,
    fourth_metric_source,
    fourth_metric_key,
    fourth_direction,
    ranking,
    last_key,
    state
from app.leaderboard_defs
where key = any(%(keys)s) or %(keys)s::text[] is null
order by key
