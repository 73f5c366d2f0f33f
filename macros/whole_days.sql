{# Elapsed time in whole days: divided by 24 hours and rounded down; null counts as none.

   Usage: {{ whole_days('held_until - held_from') }} #}
{% macro whole_days(elapsed) -%}
    coalesce(floor(extract(epoch from {{ elapsed }}) / 86400), 0)::bigint
{%- endmacro %}
