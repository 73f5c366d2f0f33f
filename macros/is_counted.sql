{# The condition that a fact of a raw table is not excluded.

   Every view that reads a raw table for metrics has it. Where no fact of the table is excluded, a
   query finds that out once and compares nothing. It is no anti-join, because each would be one
   more relation for the planner to order.

   Usage: where {{ is_counted('pvp_matches') }}
   - table (string): the raw table
   - row (string): the alias of its row, where it has one #}
{% macro is_counted(table, row='') -%}
    {%- set prefix = row ~ '.' if row else '' -%}
    {%- if execute and graph.sources is not defined -%}
    {#- a unit test of dbt, which knows no sources, and whose rows are all to count -#}
    true
    {%- else -%}
    (
        (select app.excluded_facts('{{ table }}')) is null
        or jsonb_build_array(
            {%- for column in key_of_raw_table(table) -%}
            {{ prefix }}{{ column }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ) <> all((select app.excluded_facts('{{ table }}'))::jsonb[])
    )
    {%- endif -%}
{%- endmacro %}


{# The columns of the primary key of a raw table, in order, as models/staging/_sources.yml names
   them in its description; `make raw-tables` writes them there.

   - table (string): the raw table #}
{% macro key_of_raw_table(table) -%}
    {%- if not execute -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set key = modules.re.search('; key \\(([^)]*)\\)', raw_source(table).description) -%}
    {%- if not key -%}
        {%- do exceptions.raise_compiler_error(
            'models/staging/_sources.yml does not name the key of raw.' ~ table
        ) -%}
    {%- endif -%}
    {{- return(key.group(1).split(', ')) -}}
{%- endmacro %}
