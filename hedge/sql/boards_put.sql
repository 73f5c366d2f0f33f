-- A board: made, or changed where it may stand already.
insert into app.leaderboard_defs as standing (
    key, name, description, category_key, metric_source, metric_key,
    fallback_metric_source, fallback_metric_key, time_window, is_active, is_public,
    verified_only, max_entries
)
values (
    %(key)s,
    %(name)s,
    %(description)s,
    %(category_key)s,
    %(metric_source)s,
    %(metric_key)s,
    %(fallback_metric_source)s, %(fallback_metric_key)s, %(time_window)s, %(is_active)s,
    %(is_public)s, %(verified_only)s, %(max_entries)s
)
on conflict (key) do update
    set
        name = excluded.name,
        description = excluded.description,
        category_key = excluded.category_key,
        metric_source = excluded.metric_source,
        metric_key = excluded.metric_key,
        fallback_metric_source = excluded.fallback_metric_source,
        fallback_metric_key = excluded.fallback_metric_key,
        time_window = excluded.time_window,
        is_active = excluded.is_active,
        is_public = excluded.is_public,
        verified_only = excluded.verified_only,
        max_entries = excluded.max_entries,
        changed_at = now()
    where %(replace_existing)s
returning key
