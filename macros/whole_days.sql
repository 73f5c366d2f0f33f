{# An interval in whole days of 24 hours, rounded down; null is 0.

   Usage: {{ whole_days('held_until - held_from') }}
   - elapsed (string): an expression of the interval #}
{% macro whole_days(elapsed) -%}
    coalesce(floor(extract(epoch from {{ elapsed }}) / 86400), 0)::bigint
{%- endmacro %}
