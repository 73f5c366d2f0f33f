{# The metrics of a row of a metric source as one JSON object: the row without its keys.

   Usage: select {{ row_as_json('metrics') }} from .. as metrics
   - row (string): an alias of the row #}
{% macro row_as_json(row) -%}
    to_jsonb({{ row }}) - array['cluster_id', 'window_key']
{%- endmacro %}
