{# The rows with a value outside its range. A null is in every range.

   Usage: in_range: {arguments: {ranges: {points: {at_least: 0}}}}
   - ranges: at_least, above or at_most of each column, a number or another column #}
{% test in_range(model, ranges) %}
{%- set operators = {'at_least': '<', 'above': '<=', 'at_most': '>'} -%}
{%- set outside = [] -%}
{%- for column, limits in ranges.items() -%}
    {%- for limit, value in limits.items() -%}
        {%- do outside.append(column ~ ' ' ~ operators[limit] ~ ' ' ~ value) -%}
    {%- endfor -%}
{%- endfor %}
select {{ (grain_of(model) + ranges.keys() | list) | join(', ') }}
from {{ model }}
where {{ outside | join(' or ') }}
{% endtest %}
