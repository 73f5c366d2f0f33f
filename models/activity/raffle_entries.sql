{# Raffle entries of each cluster. One row per entry action and window. #}
{{ by_cluster_and_window(ref('stg_shell_raffle_entries')) }}
