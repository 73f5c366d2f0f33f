{# Quests that each cluster finished. One row per quest and window. #}
{{ by_cluster_and_window(ref('stg_quest_completions')) }}
