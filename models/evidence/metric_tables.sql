{# The raw tables that each metric reads. One row per metric and raw table. #}
{#
   They are those behind the facts of its evidence, which add up to the value; behind
   the metric source where no evidence is described. A derived metric reads none: the
   facts of its evidence name the metrics or challenges that it is made of.
#}
{%- for metric_source in var('metric_sources') + var('derived_metric_sources') %}
-- depends_on: {{ ref(metric_source) }}
{%- endfor %}
with

tables as (

    {% for metric_source, metric_key, raw_table in tables_of_metrics() -%}
    select
        '{{ metric_source }}' as metric_source,
        '{{ metric_key }}' as metric_key,
        '{{ raw_table }}' as raw_table

    union all

    {% endfor -%}
    select
        null::text as metric_source,
        null::text as metric_key,
        null::text as raw_table
    where false

)

select * from tables
