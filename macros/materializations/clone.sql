{# Refuses dbt clone, also where the relations exist, for which dbt itself does nothing and says that
   it succeeded. PostgreSQL clones no table: each mart would be a view through which a run writes into
   the mart that was cloned.

   The first node tells it for all that are selected, and none is cloned.

   Usage: none; dbt clone calls it for each node. #}
{% materialization clone, adapter='postgres' %}

    {%- if model.unique_id == selected_resources | sort | first -%}
        {%- do exceptions.raise_compiler_error(
            "nothing was cloned: dbt clone would make marts views of the live ones, through which"
            ~ " runs write; dbt build --defer --state FOLDER builds what is edited and reads all"
            ~ " else from the live schema (docs/analysts.md)") -%}
    {%- endif -%}
    {{ return({'relations': []}) }}

{% endmaterialization %}
