{# An expression of a YAML file, with each {name} replaced by the relation of that model or seed.

   It cannot use ref(): dbt collects references while it parses, before it knows the YAML of
   other models.

   Usage: {{ resolve_relations('item_address in (select item_address from {relic_items})') }}
   - expression (any): the expression, a text, a number or a boolean #}
{% macro resolve_relations(expression) -%}
    {%- set resolved = namespace(text=expression | string) -%}
    {%- for name in modules.re.findall('\\{(\\w+)\\}', resolved.text) | unique -%}
        {%- set node = graph.nodes.get('seed.' ~ project_name ~ '.' ~ name)
            or described_model(name) -%}
        {%- set resolved.text = resolved.text | replace(
            '{' ~ name ~ '}',
            api.Relation.create(
                database=target.database, schema=schema_of(node), identifier=node.alias
            ) | string
        ) -%}
    {%- endfor -%}
    {{- resolved.text -}}
{%- endmacro %}
