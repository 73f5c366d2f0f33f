{# The windows of a run, read through a function of window_spans. One row per window. #}
{#
   Every activity model joins the windows. Through the function, the view is planned
   once and not for each join. rows=16 makes the planner expect 1.7 windows for a fact,
   as measured: it assumes that the two conditions of the join on a time keep a ninth of
   the rows.
#}
{{ config(pre_hook="{{ create_view_function(ref('window_spans'), rows=16) }}") }}
select
    spans.window_key,
    spans.starts_at,
    spans.ends_at

from {{ view_function(ref('window_spans')) }} as spans
