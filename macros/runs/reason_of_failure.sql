{# Why a node failed, for the run ledger: the name of the node and the sentence of PostgreSQL in the
   first line, which lists of runs show. What PostgreSQL says further, such as the statement, is in
   the lines below.

   Usage: {%- do errors.append(reason_of_failure(result)) -%}
   - result (any): what dbt gives to the hook of a node #}
{% macro reason_of_failure(result) -%}
    {%- set lines = [] -%}
    {%- for line in (result.message or '').strip().splitlines() -%}
        {#- dbt begins with the kind of error and the file of the node. -#}
        {%- if not (loop.first and ' Error in ' in line) -%}
            {%- do lines.append(line.strip()) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(result.node.name ~ ': ' ~ lines | join('\n')) -}}
{%- endmacro %}
