{# Inserts the run's row into the run ledger: its kind, its scope and its as-of instant.

   seen_until is the watermark: the run sees everything that was committed before it. A caller that
   chose the clusters passes the instant that it took before it read the changes.

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
