{# Items that hunts dropped for each cluster. One row per drop and window. #}
{{ by_cluster_and_window(ref('stg_hunting_drops')) }}
