{# Votes on battles, as each cluster gave them. One row per vote and window. #}
{{ by_cluster_and_window(ref('stg_influence_predictions')) }}
