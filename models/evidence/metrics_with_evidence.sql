{# The metrics whose facts can be listed. One row per metric. #}
{%- for metric_source in var('metric_sources') + var('derived_metric_sources') %}
-- depends_on: {{ ref(metric_source) }}
{%- endfor %}
with

described as (

    {% for metric in described_metrics() -%}
    select
        '{{ metric.source }}' as metric_source,
        '{{ metric.key }}' as metric_key,
        {{ 'true' if adds_up(metric) else 'false' }} as adds_up

    union all

    {% endfor -%}
    select
        null::text as metric_source,
        null::text as metric_key,
        null::boolean as adds_up
    where false

)

select * from described
