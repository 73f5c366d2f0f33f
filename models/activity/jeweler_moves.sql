{# Deposits and withdrawals at the Jeweler. One row per log, cluster and window. #}
{{ by_cluster_and_window(ref('stg_jeweler_events')) }}
