{# The clusters that a run computes, as a list of ids; none is every cluster.

   They are those of the variable `clusters`. A run of an environment that names none computes a
   sample, whose size is the variable `sample`: the clusters whose ids have the smallest MD5s, so that
   it is the same in each run and for each person.

   Usage: {{ text_array(clusters_of_run()) }} #}
{% macro clusters_of_run() -%}
    {%- if var('clusters') is not none or var('sample') is none
        or not execute or not is_environment() or model.resource_type == 'unit_test' -%}
        {{- return(var('clusters')) -}}
    {%- endif -%}
    {%- set found = [] -%}
    {%- for row in run_query(
        'select cluster_id from ' ~ source('app', 'wallet_clusters')
        ~ ' order by md5(cluster_id), cluster_id limit ' ~ var('sample') | int
    ).rows -%}
        {%- do found.append(row[0]) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
