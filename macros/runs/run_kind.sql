{# The kind of the run for the run ledger: the variable run_kind, or else by its selection.

   A run is FULL only if it computes all marts for all clusters, because the next incremental run
   starts at its watermark.

   Usage: '{{ run_kind() }}' #}
{% macro run_kind() -%}
    {%- if var('run_kind') is not none -%}
        {{ return(var('run_kind')) }}
    {%- endif -%}
    {%- set marts = graph.nodes.values()
        | selectattr('config.materialized', 'equalto', 'incremental')
        | map(attribute='unique_id') | list -%}
    {%- set chosen = marts | select('in', selected_resources) | list -%}
    {%- if chosen | length == 0 -%}
        {{ return('DEPLOY') }}
    {%- elif var('clusters') is not none -%}
        {{ return('CLUSTER') }}
    {%- elif var('windows') is none and chosen | length == marts | length -%}
        {{ return('FULL') }}
    {%- endif -%}
    {{ return('PARTIAL') }}
{%- endmacro %}
