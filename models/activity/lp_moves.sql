{# Deposits and withdrawals of liquidity. One row per log, cluster and window. #}
{{ by_cluster_and_window(ref('stg_lp_stake_events')) }}
