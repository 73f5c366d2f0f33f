{# A name of a contract as the name of a column: battleSettingsPt1 is battle_settings_pt1.

   Usage: {{ snake_case('heroId') }}
   - name (string): the name as the contract writes it #}
{% macro snake_case(name) -%}
    {%- set parts = modules.re.sub('([A-Z]+)([A-Z][a-z])', '\\1_\\2', name) -%}
    {{- return(modules.re.sub('([a-z0-9])([A-Z])', '\\1_\\2', parts) | lower) -}}
{%- endmacro %}
