{# The spans of time that metrics are measured in, planned apart from their readers. #}
{{ config(pre_hook="{{ create_planned_apart(ref('window_spans'), rows=16) }}") }}
select
    spans.window_key,
    spans.starts_at,
    spans.ends_at

from {{ planned_apart(ref('window_spans')) }} as spans
