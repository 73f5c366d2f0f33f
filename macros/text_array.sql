{# A list as a literal array of SQL.

   Usage: window_key = any({{ text_array(['all_time', 'rolling_180d']) }}) #}
{% macro text_array(items) -%}
    array[
    {%- for item in items -%}
        '{{ item | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
    ]::text[]
{%- endmacro %}
