{# The raw tables that a model reads, directly or through other models, as a list of names.

   Usage: {% for table in raw_tables_of('onchain_pvp') %} .. {% endfor %}
   - model (string): the name of the model
   - through_marts (bool): whether what it reads through other marts counts, too #}
{% macro raw_tables_of(model, through_marts=true) -%}
    {%- set ids = ['model.' ~ project_name ~ '.' ~ model] -%}
    {%- set tables = [] -%}
    {#- The list grows while it is read. -#}
    {%- for id in ids -%}
        {%- if id in graph.sources -%}
            {%- if graph.sources[id].schema == 'raw' -%}
                {%- do tables.append(graph.sources[id].identifier) -%}
            {%- endif -%}
        {%- else -%}
            {%- for parent in graph.nodes[id].depends_on.nodes
                if parent not in ids and (
                    through_marts or parent not in graph.nodes
                    or graph.nodes[parent].config.materialized != 'incremental'
                ) -%}
                {%- do ids.append(parent) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(tables | sort) -%}
{%- endmacro %}
