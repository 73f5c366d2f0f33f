{# The clusters in the scope of the run without some, as an array.

   Usage: {{ clusters_except(['busy']) }} #}
{% macro clusters_except(left_out) -%}
    {%- if var('clusters') is none -%}
        array(
            select known.cluster_id from {{ ref('clusters') }} as known
            where known.cluster_id <> all({{ text_array(left_out) }})
        )
    {%- else -%}
        {{ text_array(var('clusters') | reject('in', left_out) | list) }}
    {%- endif -%}
{%- endmacro %}
