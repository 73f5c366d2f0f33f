{# A model of the project as dbt has parsed it, with the entries of its YAML.

   Usage: {{ described_model('hunts').config.meta }}
   - name (string): the name of the model #}
{% macro described_model(name) -%}
    {%- set id = 'model.' ~ project_name ~ '.' ~ name -%}
    {%- if id not in graph.nodes -%}
        {%- do exceptions.raise_compiler_error('evidence: there is no model ' ~ name) -%}
    {%- endif -%}
    {%- do return(graph.nodes[id]) -%}
{%- endmacro %}
