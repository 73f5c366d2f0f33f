{# The branches of a case that says why a row is passed over; without any, none is.

   Usage: case {{ reasons({'lost': "result <> 'WIN'"}) }} end #}
{% macro reasons(passes_over) -%}
    when false then ''
    {%- for reason, condition in (passes_over or {}).items() %}
    when {{ in_schema(condition) }} then '{{ reason | replace("'", "''") }}'
    {%- endfor -%}
{%- endmacro %}
