{# Metrics in long form as scores of the challenges they feed. rungs is how many rungs of
   the ladder the value has reached.

   Usage: {{ scored('metric_values') }}; needs cluster_id, window_key, metric_source,
   metric_key, value. #}
{% macro scored(metric_values) -%}
    select
        metric_values.cluster_id,
        metric_values.window_key,
        ladders.challenge_key,
        metric_values.value,
        width_bucket(metric_values.value, ladders.thresholds) as rungs

    from {{ metric_values }} as metric_values
    inner join {{ ref('challenge_ladders') }} as ladders
        on
            metric_values.metric_source = ladders.metric_source
            and metric_values.metric_key = ladders.metric_key
{%- endmacro %}
