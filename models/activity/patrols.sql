{# METIS patrols of each cluster. One row per patrol and window. #}
{{ by_cluster_and_window(ref('stg_metis_patrol_events')) }}
