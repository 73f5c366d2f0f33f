{# Reward claims of each cluster. One row per claim, cluster and window. #}
{{ by_cluster_and_window(ref('stg_lp_harvest_events')) }}
