{# All metrics of each cluster in each standing window, as JSON per metric source. #}
{#
   A run that names its windows keeps to them; one that does not removes the windows that
   stand no longer, save those that another run is working on.

   Two processes share the metric sources between them: each is planned apart, and dear
   enough to be worth a process.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='latest_wins',
    unique_key=['cluster_id', 'window_key'],
    removes="
        case
            when app.windows() is not null
                then standing.window_key = any(app.windows())
            else standing.window_key <> all(array(
                select unnest(others.windows) from app.etl_runs as others
                where others.state = 'RUNNING'
            ))
        end",
) }}
with

sources as (

    {% for metric_source in var('metric_sources') -%}
    select
        cluster_id,
        window_key,
        '{{ metric_source }}' as metric_source,
        {{ metric_bag('metrics') }} as metrics

    from
        {{
            planned_apart(ref(metric_source), 'null', text_array(var('clusters')))
        }} as metrics

    union all

    {% endfor -%}
    -- a row for everyone, so that a newer one can stand against an older run
    select
        clusters.cluster_id,
        windows.window_key,
        null as metric_source,
        null as metrics

    from {{ ref('clusters') }} as clusters
    cross join {{ ref('windows') }} as windows
    where {{ in_scope('clusters.cluster_id') }}

),

cluster_metrics as (

    select
        cluster_id,
        window_key,
        coalesce(
            jsonb_object_agg(metric_source, metrics) filter (
                where metric_source is not null
            ),
            '{}'
        ) as metrics,
        app.as_of() as last_computed_at

    from sources
    group by cluster_id, window_key

)

select * from cluster_metrics
