{# Heroes that each cluster summoned. One row per hero and window. #}
{{ by_cluster_and_window(ref('stg_hero_summons')) }}
