{# The raw tables that a model reads, directly or through other models, as a list of names.

   Usage: {% for table in raw_tables_of('onchain_pvp') %} .. {% endfor %}
   - model (string): the name of the model #}
{% macro raw_tables_of(model) -%}
    {%- set ids = ['model.' ~ project_name ~ '.' ~ model] -%}
    {%- set tables = [] -%}
    {#- The list grows while it is read. -#}
    {%- for id in ids -%}
        {%- if id in graph.sources -%}
            {%- if graph.sources[id].schema == 'raw' -%}
                {%- do tables.append(graph.sources[id].identifier) -%}
            {%- endif -%}
        {%- else -%}
            {%- for parent in graph.nodes[id].depends_on.nodes if parent not in ids -%}
                {%- do ids.append(parent) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(tables | sort) -%}
{%- endmacro %}
