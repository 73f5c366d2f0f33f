{# The condition that the value of a challenge rests on a source that the run leaves out for a
   cluster.

   Usage: where not {{ is_left_out('latest.cluster_id', 'latest.challenge_key') }} #}
{% macro is_left_out(cluster, challenge) -%}
    {%- if not var('left_out') -%}
        false
    {%- else -%}
        exists (
            select from {{ ref('challenge_ladders') }} as left_out_ladders
            where
                left_out_ladders.challenge_key = {{ challenge }}
                and (
                    false
                {%- set failed = var('left_out') | map(attribute='metric_source') | list -%}
                {%- for source in (failed + var('derived_metric_sources')) | unique -%}
                    {%- set clusters = left_out_clusters(source) -%}
                    {%- if clusters is none or clusters %}
                    or (
                        left_out_ladders.metric_source = '{{ source }}'
                        {%- if clusters is not none %}
                        and {{ cluster }} = any({{ text_array(clusters) }})
                        {%- endif %}
                    )
                    {%- endif -%}
                {%- endfor %}
                )
        )
    {%- endif -%}
{%- endmacro %}
