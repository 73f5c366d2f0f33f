{# An expression of a YAML file, in which {name} stands for a model or seed.

   Not ref(): which models it names is known only when all are parsed.

   Usage: {{ in_schema('item_address in (select item_address from {relic_items})') }} #}
{% macro in_schema(expression) -%}
    {{- modules.re.sub('\\{(\\w+)\\}', this.schema ~ '.\\1', expression | string) -}}
{%- endmacro %}
