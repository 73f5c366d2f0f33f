{# The condition that keeps the clusters in the scope of the run.

   The clusters are a literal array, because the planner pushes that down to the indexes on
   wallets; it does not push down a subquery or a join (docs/architecture.md).

   Usage: where {{ in_scope('cluster_id') }} #}
{% macro in_scope(column) -%}
    {%- if var('clusters') is none -%}
        true
    {%- else -%}
        {{ column }} = any({{ text_array(var('clusters')) }})
    {%- endif -%}
{%- endmacro %}
