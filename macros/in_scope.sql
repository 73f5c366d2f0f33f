{# The condition that keeps the clusters this run is for.

   A literal array, because the planner carries it down to the wallet indexes; a
   subquery or a join it does not (docs/architecture.md).

   Usage: where {{ in_scope('cluster_id') }} #}
{% macro in_scope(column) -%}
    {%- set clusters = var('clusters') -%}
    {%- if clusters is none -%}
        true
    {%- else -%}
        {{ column }} = any(array[
        {%- for cluster in clusters -%}
            '{{ cluster | replace("'", "''") }}'
            {%- if not loop.last %}, {% endif -%}
        {%- endfor -%}
        ]::text[])
    {%- endif -%}
{%- endmacro %}
