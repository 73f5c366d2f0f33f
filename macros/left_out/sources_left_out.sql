{# The metric sources that the run leaves out for the cluster of a row, with the as-of instant of
   what cluster_metrics has of them, as a JSON object; null where there is none.

   Usage: select {{ sources_left_out('aggregated') }} as left_out
   - row (string): an alias with cluster_id and window_key #}
{% macro sources_left_out(row) -%}
    {%- if not var('left_out') -%}
        null::jsonb
    {%- else -%}
        (
            select
                jsonb_object_agg(
                    failed.metric_source,
                    -- an earlier run may have left it out, too
                    coalesce(
                        kept.left_out -> failed.metric_source,
                        to_jsonb(greatest(kept.last_computed_at, verified.verified_to))
                    )
                )
            from (
                values
                {%- for failed in var('left_out') %}
                ('{{ failed.metric_source }}', {{ text_array(failed.clusters) }}::text[])
                {{- ',' if not loop.last }}
                {%- endfor %}
            ) as failed (metric_source, clusters)
            left join {{ this }} as kept
                on
                    kept.cluster_id = {{ row }}.cluster_id
                    and kept.window_key = {{ row }}.window_key
            left join {{ verified_rows(this, 'kept', 'kept.window_key') }}
            where failed.clusters is null or {{ row }}.cluster_id = any(failed.clusters)
        )
    {%- endif -%}
{%- endmacro %}
