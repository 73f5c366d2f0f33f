{# A metric from a JSON object as a number: true is 1 and false is 0.

   Usage: {{ metric_number('metric.value') }} #}
{% macro metric_number(value) -%}
    case {{ value }}
        when 'true' then 1
        when 'false' then 0
        else ({{ value }})::numeric
    end
{%- endmacro %}
