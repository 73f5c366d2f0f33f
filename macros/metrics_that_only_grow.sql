{# Selects the metrics that play cannot lower, with the raw tables that they are computed from.

   They have `only_grows: true` in the meta of their column. Over all time, such a metric falls
   only where facts were removed or changed, where a fact of the past arrived late, where a wallet
   was unlinked, or where a deploy changed the metric.

   Usage: {{ metrics_that_only_grow() }} #}
{% macro metrics_that_only_grow() -%}
    {%- if execute -%}
        {%- for source in var('metric_sources') + var('derived_metric_sources') -%}
            {%- set tables = raw_tables_of(source) -%}
            {%- for key, column in described_model(source).columns.items()
                if column.meta.only_grows %}
select
    '{{ source }}' as metric_source,
    '{{ key }}' as metric_key,
    {{ text_array(tables) }} as raw_tables
union all
            {%- endfor -%}
        {%- endfor -%}
    {%- endif %}
select
    null as metric_source,
    null as metric_key,
    null as raw_tables
where false
{%- endmacro %}
