{# The windows of the boards to compute, for this model alone: what a run names in the
   variable windows is kept in cluster_metrics, which only boards on derived sources need.

   Usage: {{ config(pre_hook='{{ windows_of_boards() }}') }} #}
{% macro windows_of_boards() -%}
    {%- if execute -%}
        select set_config('hedge.windows', {{
            text_array(var('boards') | map(attribute='window_key'))
        }}::text, true)
    {%- endif -%}
{%- endmacro %}
