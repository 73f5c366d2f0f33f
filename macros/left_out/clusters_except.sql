{# The clusters in the scope of the run without some, as an array.

   Usage: {{ clusters_except(['busy']) }}
   - left_out (list[string]): the names of the clusters that are not among them #}
{% macro clusters_except(left_out) -%}
    {%- set clusters = clusters_of_run() -%}
    {%- if clusters is none -%}
        array(
            select known.cluster_id from {{ ref('clusters') }} as known
            where known.cluster_id <> all({{ text_array(left_out) }})
        )
    {%- else -%}
        {{ text_array(clusters | reject('in', left_out) | list) }}
    {%- endif -%}
{%- endmacro %}
