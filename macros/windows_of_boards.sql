{# Sets the windows of the board runs for the model leaderboard_entries only.

   The variable windows of a run would add them to cluster_metrics too, which only boards that rank
   by a derived metric source need. Boards without their entry in board_sources are refused:
   they would become COMPLETE without a score.

   Usage: {{ config(pre_hook='{{ windows_of_boards() }}') }} #}
{% macro windows_of_boards() -%}
    {%- if execute -%}
        {%- set metric_sources = var('metric_sources') + var('derived_metric_sources') -%}
        {%- set read = board_sources_of_run() | map(attribute='metric_source') | list -%}
        {%- for board in boards_of_run() -%}
            {%- for source in [
                    board.metric_source,
                    board.fallback_metric_source,
                    board.third_metric_source,
                    board.fourth_metric_source,
                ]
                if source in metric_sources and source not in read -%}
                {{ exceptions.raise_compiler_error(
                    'the variable board_sources lacks ' ~ source ~ ', by which board run '
                    ~ board.run_id ~ ' ranks'
                ) }}
            {%- endfor -%}
        {%- endfor -%}
        select set_config('hedge.windows', {{
            text_array(boards_of_run() | map(attribute='window_key'))
        }}::text, true)
    {%- endif -%}
{%- endmacro %}
