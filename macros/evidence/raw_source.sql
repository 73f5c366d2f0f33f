{# A raw table as models/staging/_sources.yml describes it.

   While dbt parses, nothing is known of it: the entries are empty then.

   Usage: {{ raw_source('pets').config.event_time }}
   - table (string): the raw table #}
{% macro raw_source(table) -%}
    {%- if not execute -%}
        {{- return({'columns': {}, 'config': {'event_time': 'loaded_at'}}) -}}
    {%- endif -%}
    {{- return(graph.sources['source.' ~ project_name ~ '.raw.' ~ table]) -}}
{%- endmacro %}
