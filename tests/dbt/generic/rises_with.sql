{# The rows in which a value falls although another one rises, or in which two values
   belong to one other. The other may be several columns, of which the first decides.

   Usage: rises_with: {arguments: {column: level, by: [points], within: [season_id]}}
   - column: the value that has to rise, or stay, with the other
   - by: the columns of the other, each with `desc` where less is more
   - within: the columns by which rows are compared #}
{% test rises_with(model, column, by, within) %}
{%- set names = [] -%}
{%- for one in by -%}{%- do names.append(one.split(' ')[0]) -%}{%- endfor %}
select *
from (
    select
        {{ within | join(', ') }},
        {{ names | join(', ') }},
        {{ column }},
        lag({{ column }}) over steps as value_before,
        lag(({{ names | join(', ') }})) over steps
        is not distinct from ({{ names | join(', ') }}) as is_same_step

    from {{ model }}
    window steps as (
        partition by {{ within | join(', ') }}
        order by {{ by | join(', ') }}, {{ column }}
    )
) as steps
where
    {{ column }} < value_before
    or (is_same_step and {{ column }} <> value_before)
{% endtest %}
