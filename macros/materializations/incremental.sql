{# An incremental table that is never dropped: created from its contract when missing,
   then computed into a temporary table and written by the model's strategy.

   dbt's own materialization rebuilds the table on --full-refresh (and drops what hangs on
   it), fills a first build past the strategy, and writes all rows in one transaction. Here
   every build takes the same path, and the write goes in portions of whole clusters, each
   its own transaction, so that no reader or other run waits for long. A model that fails
   while computing has written nothing. The temporary table goes with the session.

   A strategy is a macro get_incremental_<name>_sql(arg_dict) as dbt has them, called with
   arg_dict.portion and arg_dict.portions added: from 1 on it writes that portion, and for
   the one after the last it removes what is gone, if it does that. Each is one
   statement, and so one transaction, that takes its locks in key order: two runs never
   deadlock, and what was sent is written whole or not at all. #}
{% materialization incremental, adapter='postgres' %}

    {%- set target = this.incorporate(type='table') -%}
    {%- set computed = make_temp_relation(target) -%}
    {%- set strategy = adapter.get_incremental_strategy_macro(
        context, config.require('incremental_strategy')) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if not var('clusters') and not var('boards') %}
        {#- A run for named clusters or boards leaves the table's shape to the deploy. -#}
        {{ create_or_extend_mart(target, sql) }}
    {% endif %}

    {% call statement('compute') -%}
        create temporary table {{ computed }} as ({{ sql }}
        )
    {%- endcall %}

    {%- set rows = load_result('compute').response.rows_affected -%}
    {%- set portions = [1 + rows // 100000, 64] | min -%}
    {%- set written = namespace(rows=0) -%}
    {% for portion in range(1, portions + 2) %}
        {%- set write_sql = strategy({
            'target_relation': target,
            'temp_relation': computed,
            'unique_key': config.require('unique_key'),
            'dest_columns': model.columns.keys() | list,
            'portion': portion,
            'portions': portions,
        }) | trim -%}
        {% if write_sql %}
            {% if portion > 1 %}{{ adapter.commit() }}{% endif %}
            {% call statement('write') %}{{ write_sql }}{% endcall %}
            {%- set written.rows = written.rows + load_result('write').response.rows_affected -%}
        {% endif %}
    {% endfor %}

    {% if written.rows >= 10000 %}
        {{ adapter.commit() }}
        {% if not is_as_large_as_analyzed(target) %}
            {#- The models above plan by what is there now, not by what autovacuum last saw. -#}
            {% call statement('analyze') %}analyze {{ target }}{% endcall %}
        {% endif %}
    {% endif %}

    {% call noop_statement('main', 'UPSERT ' ~ written.rows, 'UPSERT', written.rows) %}
        {{ sql }}
    {% endcall %}

    {% do persist_docs(target, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target]}) }}

{% endmaterialization %}


{# Whether a table is about as large as it was when the planner last looked: computing the same
   rows again tells it nothing new. #}
{% macro is_as_large_as_analyzed(target) %}
    {%- call statement('analyzed', fetch_result=True) -%}
        select 1 from pg_class
        where
            oid = '{{ target }}'::regclass
            and reltuples > 0
            and pg_relation_size(oid) / current_setting('block_size')::integer
            between 0.9 * relpages and 1.1 * relpages
    {%- endcall -%}
    {{ return(load_result('analyzed').data | length > 0) }}
{% endmacro %}


{# Adds the columns that the table of a mart lacks, or creates it from its contract. The
   columns come first: the model may read its own table. #}
{% macro create_or_extend_mart(target, sql) %}

    {#- Only what is missing: an alter table would lock readers out, changing nothing. -#}
    {%- set standing = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
    {% if standing %}
        {% for column in model.columns.values() if column.name not in standing %}
            {% call statement('extend') -%}
                alter table {{ target }} add column {{ column.name }} {{ column.data_type }}
            {%- endcall %}
        {% endfor %}
    {% endif %}

    {% call statement('create') -%}
        create table if not exists {{ target }}
        {{ get_table_columns_and_constraints() }}
    {%- endcall %}

    {#- After that, because a model may read its own table. #}
    {% do get_assert_columns_equivalent(sql) %}

    {#- Half of each page is left free: a row that is computed again stays on its page, and
        no index has to learn of it. #}
    {%- call statement('fillfactor', fetch_result=True) -%}
        select 1 from pg_class
        where oid = '{{ target }}'::regclass and 'fillfactor=50' = any(reloptions)
    {%- endcall -%}
    {% if not load_result('fillfactor').data %}
        {% call statement('leave_room') -%}
            alter table {{ target }} set (fillfactor = 50)
        {%- endcall %}
    {% endif %}

    {% do create_indexes(target) %}

{% endmacro %}
