{# Commits the transaction of a materialization and begins another one.

   dbt executes the text COMMIT, after which its driver, psycopg2, believes that the transaction goes
   on. It would not begin another one: each statement would commit by itself, and the next COMMIT
   would write "there is no transaction in progress" into the log of the server.

   Usage: {{ commit_and_begin() }} #}
{% macro commit_and_begin() -%}
    {{- adapter.commit() -}}
    {%- call statement('begin', auto_begin=False) -%}begin{%- endcall -%}
{%- endmacro %}
