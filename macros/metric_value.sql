{# The value of a metric in a row of cluster_metrics as a number: true is 1, a missing metric 0.

   It reads the column metrics of cluster_metrics.

   Usage: {{ metric_value('onchain_shells', 'shells_collected') }} >= 500
   - metric_source (string): the name of the metric source
   - metric_key (string): the name of the metric #}
{% macro metric_value(metric_source, metric_key) -%}
    coalesce({{ metric_number(
        "metrics -> '" ~ metric_source ~ "' -> '" ~ metric_key ~ "'"
    ) }}, 0)
{%- endmacro %}
