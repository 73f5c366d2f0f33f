{# The materialization of views: replaces a view in place.

   dbt's own materialization drops the old view with cascade, and with it all views that read it;
   `dbt run -s one_view` would leave the database without them. Here a view is dropped only if its
   columns change. The drop cascades if the run builds all views, and so creates the dropped ones
   again. Otherwise PostgreSQL refuses the drop, with an error that names the dependent views.

   Usage: +materialized: view #}
{% materialization view, adapter='postgres' %}

    {%- set target = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if load_cached_relation(this) is not none and columns_change(target, sql) %}
        {%- set all_views = builds_all_views() -%}
        {% call statement('drop') -%}
            {{ drop_view_functions(target, cascade=all_views) }};
            drop view if exists {{ target }} {{ 'cascade' if all_views }}
        {%- endcall %}
    {% endif %}

    {% call statement('main') -%}
        {%- if config.get('contract').enforced -%}
            {{ get_assert_columns_equivalent(sql) }}
        {%- endif %}
        create or replace view {{ target }} as ({{ sql }}
        )
    {%- endcall %}

    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target]}) }}

{% endmaterialization %}


{# Whether the run builds the views of all models. #}
{% macro builds_all_views() %}
    {%- set views = graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('config.materialized', 'equalto', 'view')
        | map(attribute='unique_id') | list -%}
    {{ return(views | reject('in', selected_resources) | list | length == 0) }}
{% endmacro %}


{# Whether a view cannot be replaced in place: an existing column is missing in the new query, or
   has another position, type or collation. Columns may be added at the end.

   - target (relation): the view
   - sql (string): the new query #}
{% macro columns_change(target, sql) %}
    {%- set new = 'hedge_new_' ~ target.identifier -%}
    {% call statement('new') %}create temporary view {{ new }} as ({{ sql }}
    ){% endcall %}
    {% call statement('compare', fetch_result=true) -%}
        select exists (
            select from pg_attribute as existing
            left join pg_attribute as new
                on
                    new.attrelid = 'pg_temp.{{ new }}'::regclass
                    and new.attnum = existing.attnum
            where
                -- no row if a cascade has dropped the view
                existing.attrelid = to_regclass('{{ target.include(database=false) }}')
                and existing.attnum > 0
                and (
                    existing.attname, existing.atttypid, existing.atttypmod,
                    existing.attcollation
                )
                is distinct from (
                    new.attname, new.atttypid, new.atttypmod, new.attcollation
                )
        )
    {%- endcall %}
    {% call statement('forget') %}drop view {{ new }}{% endcall %}
    {{ return(load_result('compare').table.rows[0][0]) }}
{% endmacro %}
