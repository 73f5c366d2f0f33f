{# A time that a contract gives in seconds since 1970, as an expression; null where it gives 0, or
   what is no time of a block.

   Usage: {{ unix_time('logs.quest__start_at_time') }}
   - seconds (string): an expression of the seconds #}
{% macro unix_time(seconds) -%}
    case
        when {{ seconds }} between 1 and 9999999999 then to_timestamp({{ seconds }})
    end
{%- endmacro %}
