{# The metrics whose facts can be listed. One row per metric. #}
{%- for metric_source in var('metric_sources') + var('derived_metric_sources') %}
-- depends_on: {{ ref(metric_source) }}
{%- endfor %}
with

described as (

    {% for metric in described_metrics() -%}
    select
        '{{ metric.source }}' as metric_source,
        '{{ metric.key }}' as metric_key

    union all

    {% endfor -%}
    select
        null::text as metric_source,
        null::text as metric_key
    where false

)

select * from described
