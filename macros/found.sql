{# What a metric source found for a cluster and window: a number, true is 1, nothing is 0.

   Reads the column metrics of cluster_metrics.

   Usage: {{ found('onchain_shells', 'shells_collected') }} >= 500 #}
{% macro found(metric_source, metric_key) -%}
    coalesce({{ metric_number(
        "metrics -> '" ~ metric_source ~ "' -> '" ~ metric_key ~ "'"
    ) }}, 0)
{%- endmacro %}
