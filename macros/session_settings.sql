{# What holds in the session of a mart (dbt opens one for each): UTC, the as-of instant and
   the windows of the run, no JIT (it costs more than it saves here), memory for sorts, and
   random reads that cost little more than others, as they do from memory and from SSDs: by
   PostgreSQL's own figure a few clusters in a long history are found by reading all of it.
   By its own figure for a row that a parallel worker hands over, many rows are never shared
   out. Two workers, and the leader only collects: as a third process it would take its part
   of what may be two cores, and with one worker PostgreSQL sees no gain in handing a source
   of metrics to it.

   No commit of a mart waits for the disk. The one that closes the run's row of the ledger
   does, and all that was committed before it is on the disk by then: what a crash takes back
   is of a run that did not succeed.

   A hook of each model, so that plain dbt has it too.

   Usage: +pre-hook: "{{ session_settings() }}" #}
{% macro session_settings() -%}
    {%- if execute and config.get('materialized') == 'incremental' -%}
        select
            set_config('timezone', 'UTC', false),
            set_config('jit', 'off', false),
            set_config('work_mem', '256MB', false),
            set_config('random_page_cost', '1.1', false),
            set_config('parallel_tuple_cost', '0.01', false),
            set_config('max_parallel_workers_per_gather', '2', false),
            set_config('parallel_leader_participation', 'off', false),
            set_config('synchronous_commit', 'off', false),
            set_config('hedge.as_of', coalesce(max(etl_runs.as_of::text), ''), false),
            set_config('hedge.windows', coalesce(max(etl_runs.windows::text), ''), false)
        from {{ source('app', 'etl_runs') }}
        where etl_runs.invocation_id = '{{ invocation_id }}'
    {%- endif -%}
{%- endmacro %}
