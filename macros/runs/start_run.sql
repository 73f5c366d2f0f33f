{# Inserts the run's row into the run ledger: its kind, its scope and its as-of instant.

   A run over all changes takes the change notes first, unless its caller did, because every change
   that is noted must be older than the as-of instant. A deploy has the changes of every raw table
   noted that models/staging/_sources.yml describes, and stores which raw tables each metric source
   reads and what the content of everything is. A run of dbt by hand is refused where it would
   build something else than what is deployed (macros/runs/definitions_of_run.sql).

   A run that failed over data and goes on without what fails keeps its row (continues_run).

   A run of the live schema carries out first what merges of accounts mean (app.follow_merges).

   A run over all changes, or of a season, records up to which block of each followed chain the facts
   were there before it took the change notes (app.complete_to).

   A run of an environment records itself in the ledger of the environment, begins the board runs that
   it computes, and leaves all else as it is: it takes no change notes, because it computes all of its
   clusters, and deploys nothing.

   Usage: on-run-start: "{{ start_run() }}" #}
{% macro start_run() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'seed') -%}
        {%- do refuse_options() -%}
        {%- set clusters = clusters_of_run() -%}
        {%- set kind = run_kind() -%}
        {%- set definitions = definitions_of_run() -%}
        {%- set is_by_hand = var('definitions') is none -%}
        {%- if is_by_hand and not is_environment() -%}
            {%- do require_no_later_stamps() -%}
        {%- endif -%}
        {#- What is built by hand as it was deployed has been noted and stored by the deploy. -#}
        {%- if is_environment() -%}
            {%- do use_environment() -%}
            {%- if graph.nodes.values() | selectattr('name', 'equalto', 'leaderboard_entries')
                | map(attribute='unique_id') | select('in', selected_resources) | list
                and not var('boards') %}
            {{ begin_board_runs() }}
            {%- endif -%}
        {%- elif kind == 'DEPLOY' and (definitions is none or not is_by_hand) -%}
            {{ record_deploy() }}
        {%- elif kind == 'FULL' -%}
            {{ measure_completeness() }}
            select app.take_changes('{{ taker_of_changes() }}', {{ as_of_of_run() }});
        {%- endif %}
        {{- fill_buckets() -}}
        {%- if kind not in ('DEPLOY', 'PREVIEW') and not is_environment() %}
            select app.follow_merges(false);
        {%- endif %}
        {%- if kind in ('FULL', 'INCREMENTAL') and not is_environment() %}
            {{ record_corrections() }}
            {{ record_changed_ends() }}
        {%- endif %}
        {%- if var('continues_run') %}
        update {{ source('ledger', 'etl_runs') }}
        set
            invocation_id = '{{ invocation_id }}',
            as_of = {{ started_as_of() }},
            complete_to = {{ complete_to_of_run() }},
            state = 'RUNNING',
            finished_at = null,
            models = '[]',
            error = null
        where run_id = {{ var('continues_run') | int }}
        {%- else %}
        insert into {{ source('ledger', 'etl_runs') }}
            (invocation_id, kind, scope_size, windows, caused_by, as_of, complete_to, definitions)
        select
            '{{ invocation_id }}',
            '{{ kind }}',
            {{ 'null' if clusters is none else clusters | length }},
            {{ 'null' if var('windows') is none else text_array(var('windows')) }},
            {{ causes_of_run() }},
            {{ started_as_of() }},
            {{ complete_to_of_run() }},
            {% if definitions is none -%}
                null
            {%- else -%}
                '{{ definitions }}'
            {%- endif %}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# What a deploy records beside its row: see start_run. A deploy that builds aside executes it in the
   transaction in which it goes live. #}
{% macro record_deploy() -%}
            {{ watch_facts() }}
            select app.watch_left_out_versions();
            {{ store_metric_source_tables() }}
            {%- if var('definitions') is not none %}
                {{ store_deployed_contents() }}
            {%- endif -%}
{%- endmacro %}


{# The as-of instant that the caller names, else null. #}
{% macro as_of_of_run() -%}
    {%- if var('as_of') is none -%}
        null::timestamptz
    {%- else -%}
        '{{ dbt.escape_single_quotes(var("as_of") | string) }}'::timestamptz
    {%- endif -%}
{%- endmacro %}


{# The as-of instant that the run records: the one that the caller names, or else now. #}
{% macro started_as_of() -%}
    coalesce({{ as_of_of_run() }}, clock_timestamp())
{%- endmacro %}


{# Keeps for this transaction what a full run is complete to, because the row of the run is inserted after
   it has taken the change notes: facts that come in between are known to the notes of the next run
   only. #}
{% macro measure_completeness() -%}
            select set_config(
                'hedge.complete_to',
                app.complete_to(null, {{ started_as_of() }})::text,
                true
            );
{%- endmacro %}


{# Up to which block of each followed chain the facts were there that the run computes from: the caller
   of an incremental run has asked before it took the change notes. A run for some clusters records
   nothing, so that a linked wallet waits for nothing. #}
{% macro complete_to_of_run() -%}
    {%- set kind = run_kind() -%}
    {%- if is_environment() -%}
        '[]'::jsonb
    {%- elif kind == 'FULL' -%}
        current_setting('hedge.complete_to')::jsonb
    {%- elif kind == 'SEASON' -%}
        app.complete_to(null, {{ started_as_of() }})
    {%- else -%}
        '{{ dbt.escape_single_quotes(var("complete_to")) }}'::jsonb
    {%- endif -%}
{%- endmacro %}


{# The ids of the API's requests that caused the run: those that its caller names, and those behind
   the requests for clusters that a run over all changes covers. #}
{% macro causes_of_run() -%}
    {%- if run_kind() in ('FULL', 'INCREMENTAL') and not is_environment() -%}
        array(
            select unnest({{ text_array(var('caused_by')) }}) as cause
            union
            select caused_by from app.etl_requests
            where covered_by = '{{ taker_of_changes() }}' and caused_by is not null
            order by cause
        )
    {%- else -%}
        {{- text_array(var('caused_by')) -}}
    {%- endif -%}
{%- endmacro %}


{# What app.take_changes wrote into the notes that this run has taken. #}
{% macro taker_of_changes() -%}
    {{- var('changes_taken_by') or invocation_id -}}
{%- endmacro %}


{# Calls app.watch_facts for every raw table whose source says what its changes concern. #}
{% macro watch_facts() -%}
    {%- for source in graph.sources.values()
        | selectattr('config.meta.changes_concern', 'defined')
        | sort(attribute='identifier') %}
        select app.watch_facts(
            '{{ source.schema }}.{{ source.identifier }}',
            '{{ source.config.event_time }}',
            '{{ tojson(source.config.meta.changes_concern) }}'
        );
    {%- endfor %}
{%- endmacro %}


{# Stores which raw tables boards read: those of each metric source, of season points and of total
   scores. #}
{% macro store_metric_source_tables() -%}
    {%- set counts_in = {} -%}
    {%- for source in graph.sources.values() -%}
        {%- do counts_in.update(
            {source.identifier: source.config.meta.get('counts_in', 'its window')}) -%}
    {%- endfor -%}
    {%- set rows = [] -%}
    {%- for name in var('metric_sources') + var('derived_metric_sources')
        + ['season_progress', 'challenge_progress'] -%}
        {%- for table in raw_tables_of(name) -%}
            {%- do rows.append((name, table, counts_in[table])) -%}
        {%- endfor -%}
    {%- endfor -%}
        delete from {{ source('app', 'metric_source_tables') }};
    {%- if rows %}
        insert into {{ source('app', 'metric_source_tables') }}
            (metric_source, table_name, counts_in)
        values
        {%- for row in rows %}
            ('{{ row | join("', '") }}'){{ ',' if not loop.last else ';' }}
        {%- endfor %}
    {%- endif %}
{%- endmacro %}


{# Records which clusters had facts updated or deleted, from the notes that the run has taken. #}
{% macro record_corrections() -%}
        insert into {{ source('ledger', 'cluster_corrections') }}
            (cluster_id, table_name, corrected_at)
        select cluster_id, table_name, now()
        from {{ target.schema }}.cluster_changes
        where
            taken_by = '{{ taker_of_changes() }}'
            and operation <> 'INSERT'
            and table_name in (select watched.table_name from app.watched_tables as watched)
        group by cluster_id, table_name
        on conflict (cluster_id, table_name) do update
            set corrected_at = excluded.corrected_at;
        insert into {{ source('ledger', 'cluster_corrections') }}
            (cluster_id, table_name, corrected_at)
        select clusters.cluster_id, notes.table_name, now()
        from {{ source('ledger', 'change_notes') }} as notes
        cross join {{ source('app', 'wallet_clusters') }} as clusters
        where
            notes.taken_by = '{{ taker_of_changes() }}'
            and notes.operation = 'TRUNCATE'
        group by clusters.cluster_id, notes.table_name
        on conflict (cluster_id, table_name) do update
            set corrected_at = excluded.corrected_at;
{%- endmacro %}
