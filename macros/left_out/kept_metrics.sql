{# Selects what a metric source has computed before, for the clusters for which the run leaves it
   out (none: all), in the windows of the run, from the mart cluster_metrics itself.

   Usage: {{ kept_metrics('onchain_pvp', left_out_clusters('onchain_pvp')) }}
   - metric_source (string): the name of the metric source
   - clusters (optional[list[string]]): the names of the clusters #}
{% macro kept_metrics(metric_source, clusters) -%}
    select
        kept.cluster_id,
        kept.window_key,
        '{{ metric_source }}' as metric_source,
        kept.metrics -> '{{ metric_source }}' as metrics

    from {{ this }} as kept
    inner join {{ ref('windows') }} as windows
        on kept.window_key = windows.window_key
    where
        {{ in_scope('kept.cluster_id') }}
        {%- if clusters is not none %}
        and kept.cluster_id = any({{ text_array(clusters) }})
        {%- endif %}
        and kept.metrics ? '{{ metric_source }}'
{%- endmacro %}
