{# Sets the windows of the board runs for the model leaderboard_entries only.

   The variable windows of a run would add them to cluster_metrics too, which only boards that rank
   by a derived metric source need.

   Usage: {{ config(pre_hook='{{ windows_of_boards() }}') }} #}
{% macro windows_of_boards() -%}
    {%- if execute -%}
        select set_config('hedge.windows', {{
            text_array(var('boards') | map(attribute='window_key'))
        }}::text, true)
    {%- endif -%}
{%- endmacro %}
