{# Some metrics of a source as one JSON object; one that the source lacks is an error.

   Usage: select {{ chosen_metrics(['wins', 'best_win_streak']) }} as metrics from .. #}
{% macro chosen_metrics(keys) -%}
    jsonb_strip_nulls(jsonb_build_object(
        {%- for key in keys -%}
        '{{ key }}', {{ key }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ))
{%- endmacro %}
