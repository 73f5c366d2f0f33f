{# What each cluster did in limited-time events. One row per action and window. #}
{{ by_cluster_and_window(ref('stg_seasonal_event_actions')) }}
