{# The condition that the value of a challenge rests on a source that the run leaves out for a
   cluster.

   Usage: where not {{ is_left_out('latest.cluster_id', 'latest.challenge_key') }}
   - cluster (string): an expression of the cluster
   - challenge (string): an expression of the key of the challenge #}
{% macro is_left_out(cluster, challenge) -%}
    {%- if not var('left_out') -%}
        false
    {%- else -%}
        exists (
            select from {{ ref('challenge_ladders') }} as left_out_ladders
            where
                left_out_ladders.challenge_key = {{ challenge }}
                and {{ is_metric_left_out(cluster, 'left_out_ladders') }}
        )
    {%- endif -%}
{%- endmacro %}


{# The condition that a metric rests on a source that the run leaves out for a cluster: it is of
   that source, or is derived from it (models/progress/metric_inputs.sql), or cannot be computed
   because a derived source before it cannot. A derived metric of which nobody says what it rests
   on rests on all.

   The view is named without ref, for the reason that scores_not_left_out gives.

   Usage: where not {{ is_metric_left_out('parts.cluster_id', 'parts') }}
   - cluster (string): an expression of the cluster
   - metric (string): an alias with metric_source and metric_key #}
{% macro is_metric_left_out(cluster, metric) -%}
    {%- if not var('left_out') -%}
        false
    {%- else -%}
        {%- set derived = var('derived_metric_sources') -%}
        {%- set inputs = this.incorporate(path={'identifier': 'metric_inputs'}) -%}
        {%- set named = '(' ~ metric ~ '.metric_source, ' ~ metric ~ '.metric_key)' -%}
        (
            false
        {%- for failed in var('left_out') %}
            or (
                (
                    {{ metric }}.metric_source = '{{ failed.metric_source }}'
                    or {{ named }} in (
                        select inputs.metric_source, inputs.metric_key
                        from {{ inputs }} as inputs
                        where inputs.input_source = '{{ failed.metric_source }}'
                    )
                {%- for source in derived if failed.metric_source in sources_needed(source) %}
                    or {{ metric }}.metric_source = '{{ source }}'
                {%- endfor %}
                    or (
                        {{ metric }}.metric_source = any({{ text_array(derived) }})
                        and {{ named }} not in (
                            select inputs.metric_source, inputs.metric_key
                            from {{ inputs }} as inputs
                        )
                    )
                )
                {%- if failed.clusters is not none %}
                and {{ cluster }} = any({{ text_array(failed.clusters) }})
                {%- endif %}
            )
        {%- endfor %}
        )
    {%- endif -%}
{%- endmacro %}
