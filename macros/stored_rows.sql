{# The relation with the rows that runs have stored of the mart that is being computed: the mart
   itself, or the live one where a preview or a deploy computes it aside. None where there is none,
   as in a unit test, and where the live one lacks a column that the deploy adds.

   Usage: {% set stored = stored_rows() %} {% if stored is not none %} .. from {{ stored }} {% endif %} #}
{% macro stored_rows() -%}
    {%- if not execute or model.config.materialized not in ('incremental', 'table') -%}
        {{- return(none) -}}
    {%- elif model.config.materialized == 'incremental' -%}
        {{- return(this) -}}
    {%- endif -%}
    {%- set found = adapter.get_relation(this.database, 'analytics', this.identifier) -%}
    {%- if found is none -%}{{- return(none) -}}{%- endif -%}
    {%- set existing = adapter.get_columns_in_relation(found) | map(attribute='name') | list -%}
    {%- for name in model.columns if name not in existing -%}{{- return(none) -}}{%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
