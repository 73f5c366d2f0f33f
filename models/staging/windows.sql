{# The spans of time that metrics are measured in, planned apart from their readers. #}
{#
   A fact counts in 1.7 of the standing windows. The planner takes a range to keep a ninth,
   so that many are left of it when it expects sixteen.
#}
{{ config(pre_hook="{{ create_view_function(ref('window_spans'), rows=16) }}") }}
select
    spans.window_key,
    spans.starts_at,
    spans.ends_at

from {{ view_function(ref('window_spans')) }} as spans
