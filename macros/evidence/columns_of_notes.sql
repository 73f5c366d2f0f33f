{# The columns of a raw table whose values name what a change of its rows concerns, as
   `changes_concern` in models/staging/_sources.yml says.

   Usage: {% for wallet in columns_of_notes('pets', 'wallet') %} .. {% endfor %}
   - table (string): the raw table
   - kind (string): what they name, such as wallet #}
{% macro columns_of_notes(table, kind) -%}
    {%- set found = [] -%}
    {%- for concern in raw_source(table).config.get('meta', {}).get('changes_concern', []) -%}
        {%- for column in concern.get(kind, []) -%}
            {%- do found.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
