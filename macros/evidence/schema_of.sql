{# The schema of a model or seed. An environment that lacks it reads it from the live schema, as ref()
   does with `dbt --defer`.

   Usage: {{ schema_of(node) }}
   - node (any): a model or seed of dbt's graph #}
{% macro schema_of(node) -%}
    {%- if is_environment() and node.unique_id not in selected_resources
        and load_cached_relation(api.Relation.create(
            database=target.database, schema=node.schema, identifier=node.alias)) is none -%}
        {{- return('analytics') -}}
    {%- endif -%}
    {{- return(node.schema) -}}
{%- endmacro %}
