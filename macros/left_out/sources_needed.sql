{# The sources without which a metric source cannot be computed: itself and, of a derived one, the
   derived ones before it.

   Usage: {{ sources_needed('meta_profile') }}
   It returns the list of their names.
   - metric_source (string): the name of the metric source #}
{% macro sources_needed(metric_source) -%}
    {%- set derived = var('derived_metric_sources') -%}
    {{- return(
        derived[:derived.index(metric_source) + 1] if metric_source in derived else [metric_source]
    ) -}}
{%- endmacro %}
