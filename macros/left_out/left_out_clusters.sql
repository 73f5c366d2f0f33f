{# The clusters for which a run does not compute a metric source, by the variable left_out: the
   source cannot be computed for them, or is derived and one of the derived sources before it,
   which it may read, cannot.

   A derived source is computed although a source that reads facts is left out: metrics that do not
   rest on that one are right, and is_metric_left_out tells them from the others.

   Usage: {%- set clusters = left_out_clusters('onchain_pvp') -%}
   It returns [] where nothing is left out of a source, none where all clusters are, or the list of
   the clusters.
   - metric_source (string): the name of the metric source #}
{% macro left_out_clusters(metric_source) -%}
    {%- set clusters = [] -%}
    {%- set all = [] -%}
    {%- for failed in var('left_out') if failed.metric_source in sources_needed(metric_source) -%}
        {%- do clusters.extend(failed.clusters or []) -%}
        {%- if failed.clusters is none -%}{%- do all.append(true) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(none if all else clusters | unique | sort) -}}
{%- endmacro %}
