{# The metrics of a source as one JSON object per cluster and window: the row itself
   without its keys. Usage: select {{ metric_bag('metrics') }} from .. as metrics #}
{% macro metric_bag(row) -%}
    to_jsonb({{ row }}) - array['cluster_id', 'window_key']
{%- endmacro %}
