{# A view, replaced in place. dbt's own materialization drops the old view with cascade,
   and with it every view above; here `dbt run -s one_view` leaves the others standing.

   Only a change of a view's columns needs a drop, and takes the views above along. That is
   done when the run makes all views anew; otherwise PostgreSQL's refusal stands, and names
   the view in the way. #}
{% materialization view, adapter='postgres' %}

    {%- set target = this.incorporate(type='view') -%}
    {%- set views = graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('config.materialized', 'equalto', 'view')
        | map(attribute='unique_id') | list -%}
    {%- set all_views = views | reject('in', selected_resources) | list | length == 0 -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if load_cached_relation(this) is not none and columns_change(target, sql) %}
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


{# Whether a view cannot be replaced in place: a column that stands is gone, has moved or has
   another type or collation. Columns may be added at the end. #}
{% macro columns_change(target, sql) %}
    {%- set new = 'hedge_new_' ~ target.identifier -%}
    {% call statement('new') %}create temporary view {{ new }} as ({{ sql }}
    ){% endcall %}
    {% call statement('compare', fetch_result=true) -%}
        select exists (
            select from pg_attribute as standing
            left join pg_attribute as new
                on
                    new.attrelid = 'pg_temp.{{ new }}'::regclass
                    and new.attnum = standing.attnum
            where
                -- none when a view below has taken it along
                standing.attrelid = to_regclass('{{ target.include(database=false) }}')
                and standing.attnum > 0
                and (
                    standing.attname, standing.atttypid, standing.atttypmod,
                    standing.attcollation
                )
                is distinct from (
                    new.attname, new.atttypid, new.atttypmod, new.attcollation
                )
        )
    {%- endcall %}
    {% call statement('forget') %}drop view {{ new }}{% endcall %}
    {{ return(load_result('compare').table.rows[0][0]) }}
{% endmacro %}
