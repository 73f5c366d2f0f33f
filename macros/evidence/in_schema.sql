{# An expression of a YAML file, in which {name} stands for a model or seed.

   Not ref(): which models it names is known only when all are parsed.

   Usage: {{ in_schema('item_address in (select item_address from {relic_items})') }} #}
{% macro in_schema(expression) -%}
    {%- set resolved = namespace(text=expression | string) -%}
    {%- for name in modules.re.findall('\\{(\\w+)\\}', resolved.text) | unique -%}
        {%- set node = graph.nodes.get('seed.' ~ project_name ~ '.' ~ name)
            or described_model(name) -%}
        {%- set resolved.text = resolved.text | replace(
            '{' ~ name ~ '}', node.schema ~ '.' ~ node.alias
        ) -%}
    {%- endfor -%}
    {{- resolved.text -}}
{%- endmacro %}
