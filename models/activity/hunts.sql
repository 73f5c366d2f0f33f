{# Hunts of each cluster. One row per hunt and window. #}
{{ by_cluster_and_window(ref('stg_hunting_encounters')) }}
