{# All metrics in long form, derived ones too. One row per cluster, window, metric. #}
with

results as (

    select * from {{ ref('metric_values') }}
    {%- for metric_source in var('derived_metric_sources') %}

    union all

    {{ long_form(metric_source) }}
    {%- endfor %}

)

select
    cluster_id,
    window_key,
    metric_source,
    metric_key,
    value

from results
