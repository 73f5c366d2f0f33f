{# All metrics of each cluster and window, as one JSON object per metric source. #}
{#
   Every model that reads metrics reads this table, because views are expanded into the
   query that reads them and each reader would compute every source again. Each source
   is read through its function (macros/view_function.sql), so that two processes share
   the sources.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='latest_wins',
    unique_key=['cluster_id', 'window_key'],
    verified_by='window_key',
    removable='app.is_removable_window(
        existing.window_key, (select app.running_windows())
    )',
) }}
with

sources as (

    {% for metric_source in var('metric_sources') -%}
    {% set left_out = left_out_clusters(metric_source) -%}
    {% if left_out is not none -%}
    select
        cluster_id,
        window_key,
        '{{ metric_source }}' as metric_source,
        {{
            counted_metrics(
                'cluster_id', metric_source, row_as_json('metrics')
            )
        }} as metrics

    from
        {{
            view_function(
                ref(metric_source),
                'null',
                clusters_except(left_out) if left_out else text_array(clusters_of_run())
            )
        }} as metrics

    union all

    {% endif -%}
    {% if left_out is none or left_out -%}
    {{ kept_metrics(metric_source, left_out) }}

    union all

    {% endif -%}
    {% endfor -%}
    -- a row for every cluster, also without metrics: its as-of instant keeps an older
    -- run that commits later from writing older metrics
    select
        clusters.cluster_id,
        windows.window_key,
        null as metric_source,
        null as metrics

    from {{ ref('clusters') }} as clusters
    cross join {{ ref('windows') }} as windows
    where {{ in_scope('clusters.cluster_id') }}

),

aggregated as (

    select
        cluster_id,
        window_key,
        coalesce(
            jsonb_object_agg(metric_source, metrics) filter (
                where metric_source is not null
            ),
            '{}'
        ) as metrics

    from sources
    group by cluster_id, window_key

),

cluster_metrics as (

    select
        aggregated.cluster_id,
        aggregated.window_key,
        aggregated.metrics,
        {{ as_of() }} as last_computed_at,
        {{ sources_left_out('aggregated') }} as left_out

    from aggregated

)

select * from cluster_metrics
