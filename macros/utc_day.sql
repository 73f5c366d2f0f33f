{# The UTC day of an instant; with just_before, the day of the last microsecond before it, for
   the exclusive end of a window.

   Usage: {{ utc_day('occurred_at') }}
   - instant (string): an expression of the instant
   - just_before (bool): whether the end of a window is excluded #}
{% macro utc_day(instant, just_before=false) -%}
    {%- if just_before -%}
        (({{ instant }} - interval '1 microsecond') at time zone 'UTC')::date
    {%- else -%}
        ({{ instant }} at time zone 'UTC')::date
    {%- endif -%}
{%- endmacro %}
