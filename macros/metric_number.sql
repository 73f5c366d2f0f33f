{# A metric of a JSON object as a number: true is 1 and false is 0.

   Usage: {{ metric_number('metrics.value') }}
   - value (string): an expression of type jsonb #}
{% macro metric_number(value) -%}
    case {{ value }}
        when 'true' then 1
        when 'false' then 0
        else ({{ value }})::numeric
    end
{%- endmacro %}
