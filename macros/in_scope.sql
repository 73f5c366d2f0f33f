{# The condition that keeps the clusters in the scope of the run.

   The clusters are a literal array, because the planner pushes that down to the indexes on
   wallets; it does not push down a subquery or a join (docs/architecture.md).

   Usage: where {{ in_scope('cluster_id') }}
   - column (string): the column with the cluster #}
{% macro in_scope(column) -%}
    {{- is_one_of(column, clusters_of_run()) -}}
{%- endmacro %}


{# The condition that keeps the clusters of a list; none is every cluster.

   - column (string): the column with the cluster
   - clusters (optional[list[string]]): the names of the clusters #}
{% macro is_one_of(column, clusters) -%}
    {%- if clusters is none -%}
        true
    {%- else -%}
        {{ column }} = any({{ text_array(clusters) }})
    {%- endif -%}
{%- endmacro %}
