{# Raffles that each cluster won. One row per raffle, wallet and window. #}
{{ by_cluster_and_window(ref('stg_shell_raffle_results')) }}
