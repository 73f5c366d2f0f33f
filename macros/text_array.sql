{# A list as a literal array of type text[]; none is null.

   Usage: window_key = any({{ text_array(['all_time', 'rolling_180d']) }})
   - items (optional[list[string]]): the texts #}
{% macro text_array(items) -%}
    {%- if items is none -%}
        null
    {%- else -%}
        array[
        {%- for item in items -%}
            '{{ item | replace("'", "''") }}'{{ ', ' if not loop.last }}
        {%- endfor -%}
        ]::text[]
    {%- endif -%}
{%- endmacro %}
