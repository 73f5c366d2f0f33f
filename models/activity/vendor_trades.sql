{# Trades of each cluster with vendors. One row per log and window. #}
{{ by_cluster_and_window(ref('stg_vendor_transactions')) }}
