{# The metrics of a cluster without those that it is excluded from, as one JSON object.

   Where nobody is excluded from a metric, a query finds that out once and asks nothing for a row.

   Usage: {{ counted_metrics('wide.cluster_id', 'epic_feats', row_as_json('wide')) }}
   - cluster (string): an expression of the cluster
   - metric_source (string): the name of the metric source
   - metrics (string): an expression of the metrics as a JSON object #}
{% macro counted_metrics(cluster, metric_source, metrics) -%}
    case
        when (select app.has_excluded_metrics())
            then app.counted_metrics({{ cluster }}, '{{ metric_source }}', {{ metrics }})
        else {{ metrics }}
    end
{%- endmacro %}
