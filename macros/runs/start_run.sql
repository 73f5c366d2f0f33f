{# The ledger row of this run: what it does, for how many clusters, as of when.

   seen_until is the instant before which everything committed is seen by the run; the
   caller that chose the clusters took it before it looked.

   Usage: on-run-start: "{{ start_run() }}" #}
{% macro start_run() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'seed') -%}
        {%- set clusters = var('clusters') -%}
        insert into {{ source('app', 'etl_runs') }}
            (invocation_id, kind, scope_size, windows, caused_by, as_of, seen_until, definitions)
        select
            '{{ invocation_id }}',
            '{{ run_kind() }}',
            {{ 'null' if clusters is none else clusters | length }},
            {{ 'null' if var('windows') is none else text_array(var('windows')) }},
            {{ text_array(var('caused_by')) }},
            {% if var('as_of') is none -%}
                now(),
            {%- else -%}
                '{{ dbt.escape_single_quotes(var("as_of") | string) }}'::timestamptz,
            {%- endif %}
            {% if var('seen_until') is none -%}
                app.seen_until(),
            {%- else -%}
                '{{ var("seen_until") }}'::timestamptz,
            {%- endif %}
            {% if var('definitions') is none -%}
                null
            {%- else -%}
                '{{ var("definitions") }}'
            {%- endif %}
    {%- endif -%}
{%- endmacro %}
