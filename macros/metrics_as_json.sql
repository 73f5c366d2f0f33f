{# The named metrics of a metric source as one JSON object.

   A metric that the source does not have is an error of PostgreSQL, which names the column.

   Usage: select {{ metrics_as_json(['wins', 'best_win_streak']) }} as metrics from ..
   - keys (list[string]): the names of the metrics #}
{% macro metrics_as_json(keys) -%}
    jsonb_strip_nulls(jsonb_build_object(
        {%- for key in keys -%}
        '{{ key }}', {{ key }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ))
{%- endmacro %}
