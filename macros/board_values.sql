{# What every cluster has of a metric, for a run of a board.

   Besides the metric sources there are two that stand outside of windows: season_progress,
   whose key is the season, and challenge_progress with total_score. The others come from
   a CTE <source>_metrics.

   Usage: {{ board_values(board, 'onchain_pvp', 'wins', as='score') }} #}
{% macro board_values(board, metric_source, metric_key, as) -%}
    select
        '{{ board.run_id }}'::bigint as run_id,
        cluster_id,
        '{{ as }}' as part,
    {% if metric_source == 'season_progress' %}
        points as value
    from {{ ref('season_progress') }}
    where season_id = '{{ metric_key }}'
    {%- elif metric_source == 'challenge_progress' %}
        total_score as value
    from {{ ref('total_scores') }}
    {%- else %}
        {{ metric_number('to_jsonb(' ~ metric_key ~ ')') }} as value
    from {{ metric_source }}_metrics
    where window_key = '{{ board.window_key }}'
    {%- endif %}
{%- endmacro %}
