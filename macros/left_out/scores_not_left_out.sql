{# Selects the scores of all challenges that do not rest on what the run leaves out, and reads no
   source where it is left out: cluster_id, window_key, challenge_key, value.

   Only a run that leaves something out uses it. So the views are named without ref: dbt's graph,
   and the inputs of unit tests, are those of all other runs.

   Usage: select * from ({{ scores_not_left_out() }}) as scores #}
{% macro scores_not_left_out() -%}
    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from ({{ scored(this.incorporate(path={'identifier': 'metric_values'})) }}) as known
    where {{ in_scope('cluster_id') }}
    {%- for source in var('derived_metric_sources') -%}
        {%- set clusters = left_out_clusters(source) -%}
        {%- if clusters is not none %}

    union all

    select
        derived.cluster_id,
        derived.window_key,
        derived_ladders.challenge_key,
        {{ metric_number('derived_metrics.value') }} as value

    from (
        select * from {{ this.incorporate(path={'identifier': source}) }}
        where
            {{ in_scope('cluster_id') }}
            and cluster_id <> all({{ text_array(clusters) }})
    ) as derived
    cross join lateral jsonb_each({{
        counted_metrics('derived.cluster_id', source, row_as_json('derived'))
    }}) as derived_metrics
    inner join {{ ref('challenge_ladders') }} as derived_ladders
        on
            derived_ladders.metric_source = '{{ source }}'
            and derived_metrics.key = derived_ladders.metric_key
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
