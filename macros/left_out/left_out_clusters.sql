{# What a run leaves out: the variable left_out, metric sources that cannot be computed, for all
   clusters or for some. What rests on them keeps its value and its as-of instant.

   A derived metric source rests on all sources that read facts and on the derived ones before it.

   Usage: {%- set clusters = left_out_clusters('onchain_pvp') -%}
   It returns [] where nothing is left out of a source, none where all clusters are, or the list of
   the clusters. #}
{% macro left_out_clusters(metric_source) -%}
    {%- set derived = var('derived_metric_sources') -%}
    {%- set not_read = derived[derived.index(metric_source):] if metric_source in derived else none -%}
    {%- set clusters = [] -%}
    {%- set all = [] -%}
    {%- for failed in var('left_out')
        if failed.metric_source == metric_source
        or (not_read is not none and failed.metric_source not in not_read) -%}
        {%- do clusters.extend(failed.clusters or []) -%}
        {%- if failed.clusters is none -%}{%- do all.append(true) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(none if all else clusters | unique | sort) -}}
{%- endmacro %}
