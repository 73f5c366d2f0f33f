{# The relation with the rows that runs have stored of the mart that is being computed: the mart
   itself, or the live one where a preview or a deploy computes it aside. None where there is none,
   as in a unit test.

   Usage: {% set stored = stored_rows() %} {% if stored is not none %} .. from {{ stored }} {% endif %} #}
{% macro stored_rows() -%}
    {%- if not execute or model.config.materialized not in ('incremental', 'table') -%}
        {{- return(none) -}}
    {%- elif model.config.materialized == 'incremental' -%}
        {{- return(this) -}}
    {%- endif -%}
    {{- return(adapter.get_relation(this.database, 'analytics', this.identifier)) -}}
{%- endmacro %}
