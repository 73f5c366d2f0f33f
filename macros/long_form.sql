{# Selects a metric source in long form: one row per cluster, window and metric.

   Usage: {{ long_form('epic_feats') }}
   - metric_source (string): the name of the metric source #}
{% macro long_form(metric_source) -%}
    select
        wide.cluster_id,
        wide.window_key,
        '{{ metric_source }}' as metric_source,
        metrics.key as metric_key,
        {{ metric_number('metrics.value') }} as value

    from {{ ref(metric_source) }} as wide
    cross join lateral jsonb_each({{
        counted_metrics('wide.cluster_id', metric_source, row_as_json('wide'))
    }}) as metrics
{%- endmacro %}
