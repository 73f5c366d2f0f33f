{# The columns that identify a fact, as a JSON object with a key per column.

   Usage: {{ natural_key(['chain_id', 'hunt_id']) }}
   - columns (list[string]): the names of the columns #}
{% macro natural_key(columns) -%}
    jsonb_build_object(
    {%- for column in columns %}'{{ column }}', facts.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}
