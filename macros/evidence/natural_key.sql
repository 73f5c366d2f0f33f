{# Columns as the JSON object by which people find a fact again.

   Usage: {{ natural_key(['chain_id', 'hunt_id']) }} #}
{% macro natural_key(columns) -%}
    jsonb_build_object(
    {%- for column in columns %}'{{ column }}', facts.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}
