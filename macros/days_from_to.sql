{# The UTC days from a first to a last day, both included, as a daterange; null when the last is
   before the first.

   Usage: {{ days_from_to('first_day', 'last_day') }}
   - first (string): an expression of the first day
   - last (string): an expression of the last day #}
{% macro days_from_to(first, last) -%}
    case when {{ first }} <= {{ last }} then daterange({{ first }}, {{ last }}, '[]') end
{%- endmacro %}
