{# The branches of a case expression that returns why a fact is excluded.

   The first branch is never true: a case needs one, and a metric may exclude nothing.

   Usage: case {{ reasons({'lost': "result <> 'WIN'"}) }} end
   - passes_over (dict[string, string]): conditions by reason, as in YAML #}
{% macro reasons(passes_over) -%}
    when false then ''
    {%- for reason, condition in (passes_over or {}).items() %}
    when {{ resolve_relations(condition) }} then '{{ reason | replace("'", "''") }}'
    {%- endfor -%}
{%- endmacro %}
