{# Shells that each cluster earned, claimed and spent. One row per log and window. #}
{{ by_cluster_and_window(ref('stg_shell_events')) }}
