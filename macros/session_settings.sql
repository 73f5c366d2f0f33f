{# Sets the session of a mart: the run, its as-of instant and its windows, and settings of the
   planner. dbt opens a session for each mart.

   - timezone: windows and days are in UTC.
   - jit: compiling costs more time than it saves in these queries.
   - work_mem: sorts and hashes of a full run in memory.
   - random_page_cost: reads at random cost little more than sequential ones in memory and on SSDs.
     With the default, PostgreSQL reads a whole table to find the facts of a few clusters. A run of
     every cluster reads whole tables, and PostgreSQL expects a window to keep a ninth of the facts:
     with 1.1 it reads them through an index once for each window, with 8 it reads each table once.
   - parallel_tuple_cost: with the default, PostgreSQL does not share a query with many rows.
   - max_parallel_workers_per_gather and parallel_leader_participation: two workers, and a leader
     that only collects their rows, for a machine with two cores. With one worker the planner
     sees no gain in running a metric source in it. A run for a few clusters has no workers: each
     reads PostgreSQL's catalogs first, which takes it longer than to compute a cluster.
   - plan_cache_mode: the functions of metric sources are planned for the clusters of the run, also in
     a session that has computed others before (hedge/dbt_runner/kept_sessions.py).
   - synchronous_commit: the commits of a mart do not wait for the disk. The commit that marks the
     run as SUCCESS does, and all earlier ones are on disk by then. So a crash can only undo
     commits of runs that did not succeed.

   - hedge.events: whether the run tells of each change with an event, or of all in one summary.

   It is a hook of each model, so that dbt without hedge sets the same.

   Usage: +pre-hook: "{{ session_settings() }}" #}
{% macro session_settings() -%}
    {%- if execute and config.get('materialized') == 'incremental' -%}
        select
        {%- for name, value in settings_of_computing().items() %}
            set_config('{{ name }}', '{{ value }}', false),
        {%- endfor %}
            set_config('synchronous_commit', 'off', false),
            set_config('hedge.run_id', coalesce(max(etl_runs.run_id)::text, ''), false),
            set_config('hedge.as_of', coalesce(max(etl_runs.as_of::text), ''), false),
            set_config('hedge.windows', coalesce(max(etl_runs.windows::text), ''), false),
            set_config('hedge.events', app.how_to_tell(max(etl_runs.run_id)), false)
        from {{ source('ledger', 'etl_runs') }}
        where etl_runs.invocation_id = '{{ invocation_id }}'
    {%- endif -%}
{%- endmacro %}


{# The settings of a session that computes, by their names: see session_settings. A worker of Citus has
   a session of its own, which needs them too (fill_copy). #}
{% macro settings_of_computing() -%}
    {{- return({
        'timezone': 'UTC',
        'jit': 'off',
        'work_mem': '256MB',
        'random_page_cost':
            '8' if var('clusters') is none and not is_environment() else '1.1',
        'parallel_tuple_cost': '0.01',
        'max_parallel_workers_per_gather':
            '0' if var('clusters') and var('clusters') | length <= 10 else '2',
        'plan_cache_mode': 'force_custom_plan',
        'parallel_leader_participation': 'off',
    }) -}}
{%- endmacro %}
