{# The materialization of marts: tables that runs update and that are never dropped.

   The mart is created from its contract when it is missing. The model is computed into a
   temporary table, and the macros of the model's strategy write the result:

   - <strategy>_write(mart) returns the statement that writes one batch of the rows. Several
     batches are committed one after another; a batch holds all rows of some clusters.
   - <strategy>_update(mart), where the strategy has it, returns the statement that changes rows
     of the mart in the transaction of the batch, before the other writes it.
   - <strategy>_complete(mart), where the strategy has it, changes the computed rows before they
     are written.
   - <strategy>_lock_stale(mart) and <strategy>_remove_stale(mart), where the strategy has them,
     return the statement that finds and locks stale rows, which are rows in the scope of the run
     that it did not compute again, and the statement that deletes what the first has found.
   - <strategy>_enter(mart), where the strategy has it, is executed at the beginning of each
     transaction that writes; <strategy>_begin(mart) once before them, and <strategy>_verified(mart)
     returns the last statement of a batch of a run that verifies the mart.
   - <strategy>_index(mart), where the strategy has it, returns the statements that create the
     indexes that its conflicts and its readers need, each if it is missing.

   All take a dictionary: target (the mart), computed (the temporary table), stale (the temporary
   table with the keys of stale rows), differing (the one with what a run that verifies has to
   write), verifies (whether the run does), as_of (the as-of instant, an SQL expression), key (the
   columns of the primary key), columns (all columns), batch and batches (the number of this
   batch, from 1, and how many there are). Each statement locks rows in the order of the key,
   so that two runs cannot deadlock, and is atomic: readers see all of a batch or nothing.

   dbt's own materialization does not fit. On --full-refresh it drops the table, and with
   it the views that read it. It fills a new table without the strategy. It writes all rows in one
   transaction, and a run of one cluster would wait for a full run to commit. Here every run
   takes the same path. A model that fails while it is computed has written nothing.

   Usage: {{ config(materialized='incremental', incremental_strategy='latest_wins',
       unique_key=['cluster_id']) }}
   - single_batch: true where a strategy has to write all rows in one statement #}
{% materialization incremental, adapter='postgres' %}

    {%- set sql = of_bucket(sql) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set computed = make_temp_relation(target) -%}
    {%- set strategy = config.require('incremental_strategy') -%}
    {%- set write = context[strategy ~ '_write'] -%}
    {%- set update = context.get(strategy ~ '_update') -%}
    {%- set lock_stale = context.get(strategy ~ '_lock_stale') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set existing = load_cached_relation(this) if is_environment() -%}
    {% if existing and existing.is_view %}
        {#- A view of a mart, such as dbt clone makes: what is written to it goes to that mart. -#}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% if is_environment() or (not var('clusters') and not var('boards')) %}
        {#- Live runs of named clusters and of boards need no check: a deploy made the table. -#}
        {{ create_or_extend_mart(target, sql) }}
    {% endif %}

    {% do fill_copy() %}
    {% call statement('compute') -%}
        create temporary table {{ computed }} as ({{ sql }}
        )
    {%- endcall %}
    {% do empty_copy() %}

    {%- set rows = load_result('compute').response.rows_affected -%}
    {%- set mart = {
        'target': target,
        'computed': computed,
        'stale': make_temp_relation(target, '__stale'),
        'as_of': as_of(),
        'key': config.require('unique_key'),
        'columns': model.columns.keys() | list,
        'differing': make_temp_relation(target, '__differing'),
        'verifies': strategy == 'latest_wins' and verifies(),
        'batches': 1 if config.get('single_batch') else [1 + rows // var('batch_rows'), 64] | min,
    } -%}
    {% if run_kind() != 'PREVIEW' -%}
    {% call statement('require_as_of') %}{{ require_as_of(mart) }}{% endcall %}
    {%- endif %}
    {%- set complete = context.get(strategy ~ '_complete') -%}
    {% if complete and rows %}
        {% do complete(mart) %}
    {% endif %}
    {%- set begin = context.get(strategy ~ '_begin') -%}
    {%- set enter = context.get(strategy ~ '_enter') -%}
    {%- set verified = context.get(strategy ~ '_verified') -%}
    {%- set written = namespace(rows=0) -%}
    {% if begin %}{% do begin(mart) %}{% endif %}
    {% if mart.verifies %}
        {%- set written.rows = written.rows + rows_removed_as_stale(mart, strategy) -%}
        {{ commit_and_begin() }}
    {% endif %}
    {% for batch in range(1, mart.batches + 1) %}
        {%- set write_sql = write(dict(mart, batch=batch)) | trim -%}
        {% if write_sql %}
            {% if batch > 1 %}{{ commit_and_begin() }}{% endif %}
            {% if enter %}{% do enter(mart) %}{% endif %}
            {% if update and rows %}
                {% call statement('update') %}{{ update(dict(mart, batch=batch)) }}{% endcall %}
                {%- set written.rows =
                    written.rows + load_result('update').response.rows_affected -%}
            {% endif %}
            {% call statement('write') %}{{ write_sql }}{% endcall %}
            {%- set written.rows = written.rows + load_result('write').response.rows_affected -%}
            {% if mart.verifies %}
                {% call statement('verified') %}{{ verified(dict(mart, batch=batch)) }}{% endcall %}
            {% endif %}
        {% endif %}
    {% endfor %}

    {% if mart.verifies %}
        {{ commit_and_begin() }}
        {% call statement('require_verified') %}{{ require_verified(mart) }}{% endcall %}
        {% call statement('end_verifying') -%}
            select app.end_verifying('{{ name_of_mart(target) }}')
        {%- endcall %}
    {% elif lock_stale %}
        {{ commit_and_begin() }}
        {% if enter %}{% do enter(mart) %}{% endif %}
        {%- set written.rows = written.rows + rows_removed_as_stale(mart, strategy) -%}
    {% endif %}

    {% if rows >= 10000 %}
        {{ commit_and_begin() }}
        {% if not is_as_large_as_analyzed(target) %}
            {#- The models that read this one are planned with the statistics of the table,
                and autovacuum would collect them too late. -#}
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


{# Finds and deletes the stale rows of a mart in the transaction that has begun; returns how many.

   - mart (dict[string, any]): see the materialization incremental
   - strategy (string): the name of a strategy with _lock_stale and _remove_stale #}
{% macro rows_removed_as_stale(mart, strategy) %}
    {%- call statement('lock_stale') -%}
        {{ context[strategy ~ '_lock_stale'](mart) }}
    {%- endcall -%}
    {%- if not load_result('lock_stale').response.rows_affected -%}{{ return(0) }}{%- endif -%}
    {%- call statement('remove_stale') -%}
        {{ context[strategy ~ '_remove_stale'](mart) }}
    {%- endcall -%}
    {{ return(load_result('remove_stale').response.rows_affected) }}
{% endmacro %}


{# Whether a table has about the size it had when it was analyzed last. Then its statistics
   still hold: most runs compute the same rows again.

   - target (relation): the table #}
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


{# Creates the table of a mart from its contract where it is missing. An existing table gets the
   columns that it lacks, and the primary key of the contract; no row is lost. Columns are added
   before the model is checked against its contract, because a model may read its own table.

   - target (relation): the table of the mart
   - sql (string): the query of the model #}
{% macro create_or_extend_mart(target, sql) %}

    {#- Only where a column is missing: an alter table that changes nothing would still take
        a lock that blocks readers. -#}
    {%- set existing = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
    {% if existing %}
        {% for column in model.columns.values() if column.name not in existing %}
            {% call statement('extend') -%}
                alter table {{ target }} add column {{ column.name }} {{ column.data_type }}
            {%- endcall %}
        {% endfor %}
        {% do change_primary_key(target) %}
    {% endif %}

    {% call statement('create') -%}
        create table if not exists {{ target }}
        {#- The board runs of an environment are in its own ledger. In the YAML, the name of that
            would count as a changed contract (state:modified). #}
        {{ get_table_columns_and_constraints() | replace(
            'references app.leaderboard_runs ',
            'references ' ~ source('ledger', 'leaderboard_runs') ~ ' ') }}
    {%- endcall %}

    {% do get_assert_columns_equivalent(sql) %}

    {#- Half of each page stays free, so that an updated row fits on its page (a HOT update)
        and no index entry has to be written. #}
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
    {% if target.schema == 'analytics' and target.identifier in [
        'challenge_progress', 'tier_unlocks', 'season_progress'
    ] %}
        {#- Events of an environment or of a preview would tell of what is not live. -#}
        {% call statement('tell_changes') -%}
            select app.tell_changes('{{ target }}')
        {%- endcall %}
    {% endif %}
    {%- set index = context.get(config.require('incremental_strategy') ~ '_index') -%}
    {%- set create_index = index({'target': target, 'key': config.require('unique_key')}) | trim
        if index else '' -%}
    {% if create_index %}
        {#- Only where it is missing: create index if not exists takes a lock that another run
            may hold, too, while each of them waits to write (a deadlock). -#}
        {%- set names = modules.re.findall('if not exists (\\w+)', create_index) -%}
        {%- call statement('own_indexes', fetch_result=True) -%}
            select count(*)
            from pg_index
            inner join pg_class on pg_index.indexrelid = pg_class.oid
            where indrelid = '{{ target }}'::regclass and relname in ('{{ names | join("', '") }}')
        {%- endcall -%}
        {% if load_result('own_indexes').data[0][0] < names | length %}
            {% call statement('index') -%}{{ create_index }}{%- endcall %}
        {% endif %}
    {% endif %}

{% endmacro %}


{# Gives a table the primary key of its contract, if it has another one.

   - target (relation): the table #}
{% macro change_primary_key(target) %}

    {%- call statement('primary_key', fetch_result=True) -%}
        select
            constraints.conname,
            (
                select string_agg(columns.attname::text, ', ' order by keys.place)
                from unnest(constraints.conkey) with ordinality as keys (attnum, place)
                inner join pg_attribute as columns
                    on
                        columns.attrelid = constraints.conrelid
                        and columns.attnum = keys.attnum
            ) as key
        from pg_constraint as constraints
        where constraints.conrelid = '{{ target }}'::regclass and constraints.contype = 'p'
    {%- endcall -%}
    {%- set key = config.require('unique_key') | join(', ') -%}
    {%- for name, existing_key in load_result('primary_key').data if existing_key != key -%}
        {% call statement('change_primary_key') -%}
            alter table {{ target }}
            drop constraint {{ adapter.quote(name) }},
            add primary key ({{ key }})
        {%- endcall %}
    {%- endfor -%}

{% endmacro %}


{# The condition that keeps the clusters of one batch.

   A batch holds whole portions of the clusters, and so all rows of each.

   - mart (dict[string, any]): see the materialization incremental
   - cluster (string): the column with the cluster #}
{% macro in_batch(mart, cluster='cluster_id') -%}
    {%- if mart.batches == 1 -%}
        true
    {%- else -%}
        app.portion_of({{ cluster }}) % {{ mart.batches }} = {{ mart.batch - 1 }}
    {%- endif -%}
{%- endmacro %}
