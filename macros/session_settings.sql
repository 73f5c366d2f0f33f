{# What holds while a mart is computed: UTC, the as-of instant and the windows of the run,
   no JIT (it costs more than it saves here), memory for sorts, and random reads that cost
   little more than others, as they do from memory and from SSDs: by PostgreSQL's own figure
   a few clusters in a long history are found by reading all of it. By its own figure for a
   row that a parallel worker hands over, many rows are never shared out. A hook inside the
   transaction of each model, so that plain dbt has it too.

   Usage: +pre-hook: "{{ session_settings() }}" #}
{% macro session_settings() -%}
    {%- if execute and config.get('materialized') == 'incremental' -%}
        select
            set_config('timezone', 'UTC', true),
            set_config('jit', 'off', true),
            set_config('work_mem', '256MB', true),
            set_config('random_page_cost', '1.1', true),
            set_config('parallel_tuple_cost', '0.01', true),
            set_config('hedge.as_of', coalesce(max(etl_runs.as_of::text), ''), true),
            set_config('hedge.windows', coalesce(max(etl_runs.windows::text), ''), true)
        from {{ source('app', 'etl_runs') }}
        where etl_runs.invocation_id = '{{ invocation_id }}'
    {%- endif -%}
{%- endmacro %}
