{# Whether dbt builds in an environment: a schema of somebody's own, and not in `analytics`, which is
   live. The run ledger and the board runs of an environment NAME are in the schema NAME_app
   (models/staging/_sources.yml), and what a run of it writes is in these two schemas alone.

   Usage: {% if is_environment() %} .. {% endif %} #}
{% macro is_environment() -%}
    {{- return(target.schema != 'analytics') -}}
{%- endmacro %}


{# Creates the environment at its first run, and records that it is used and by whom. The function
   refuses names that are taken and schemas that hold something else. It is called while the hook is
   rendered: of a hook that fails while it is executed, dbt reports the next hook as well. #}
{% macro use_environment() -%}
    {%- do run_query(
        "select app.use_environment('" ~ dbt.escape_single_quotes(target.schema)
        ~ "', '" ~ dbt.escape_single_quotes(env_var('USER', target.user)) ~ "')") -%}
{%- endmacro %}
