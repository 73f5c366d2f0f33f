{# The condition that the points of a season rest on a source that the run leaves out for a cluster.

   Usage: where not {{ is_season_left_out('totals.season_id', 'totals.cluster_id') }}
   - season (string): an expression of the season
   - cluster (string): an expression of the cluster #}
{% macro is_season_left_out(season, cluster) -%}
    {%- if not var('left_out') -%}
        false
    {%- else -%}
        exists (
            select from {{ ref('season_weights') }} as left_out_weights
            where
                left_out_weights.season_id = {{ season }}
                and {{ is_left_out(cluster, 'left_out_weights.challenge_key') }}
        )
    {%- endif -%}
{%- endmacro %}
