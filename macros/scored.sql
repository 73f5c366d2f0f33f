{# Metrics in long form as scores of the challenges that are measured by them.

   tiers_reached is the number of tiers of the ladder that the value has reached.

   Usage: {{ scored('metric_values') }}
   - metric_values (string): a relation with cluster_id, window_key, metric_source,
     metric_key, value #}
{% macro scored(metric_values) -%}
    select
        metric_values.cluster_id,
        metric_values.window_key,
        ladders.challenge_key,
        metric_values.value,
        width_bucket(metric_values.value, ladders.thresholds) as tiers_reached

    from {{ metric_values }} as metric_values
    inner join {{ ref('challenge_ladders') }} as ladders
        on
            metric_values.metric_source = ladders.metric_source
            and metric_values.metric_key = ladders.metric_key
{%- endmacro %}
