{# The condition that keeps the clusters this run is for.

   A literal array, because the planner carries it down to the wallet indexes; a
   subquery or a join it does not (docs/architecture.md).

   Usage: where {{ in_scope('cluster_id') }} #}
{% macro in_scope(column) -%}
    {%- if var('clusters') is none -%}
        true
    {%- else -%}
        {{ column }} = any({{ text_array(var('clusters')) }})
    {%- endif -%}
{%- endmacro %}
