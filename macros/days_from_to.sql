{# The UTC days from one to another, both included, as a daterange; null when there are none.

   Usage: {{ days_from_to('first_day', 'last_day') }} #}
{% macro days_from_to(first, last) -%}
    case when {{ first }} <= {{ last }} then daterange({{ first }}, {{ last }}, '[]') end
{%- endmacro %}
