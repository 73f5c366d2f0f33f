{# The as-of instant in the SQL of a mart.

   In a run it is a literal: the instant in the row of the run in the ledger. The SQL may be
   executed in another session than that of the mart, as on a worker of Citus, which has none of its
   settings. Everywhere else (a preview, a unit test, dbt compile) it is what the session has set.

   Usage: {{ as_of() }} as last_computed_at #}
{% macro as_of() -%}
    {%- if not execute or flags.WHICH not in ('run', 'build')
        or model.resource_type == 'unit_test' or model.config.materialized != 'incremental' -%}
        {{- return('app.as_of()') -}}
    {%- endif -%}
    {%- set found = run_query(
        "select to_char(as_of at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.USZ') from "
        ~ source('ledger', 'etl_runs') ~ " where invocation_id = '" ~ invocation_id ~ "'"
    ).rows -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error(
            'the run has no row in the run ledger, which holds its as-of instant'
        ) -%}
    {%- endif -%}
    {{- return("'" ~ found[0][0] ~ "'::timestamptz") -}}
{%- endmacro %}


{# Refuses to write rows of a mart that were not computed as of the instant of the run.

   Each row of what was computed has an instant, and the views of the session have read one. Both have
   to be the instant in the run ledger. They are another one where a session lacks the setting
   hedge.as_of, because app.as_of() is now without it.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro require_as_of(mart) -%}
    {%- set found = run_query(computed_as_of(mart)).rows -%}
    {%- set of_run, of_session, is_of_session, others, latest = found[0] -%}
    {%- if not is_of_session -%}
        {%- do exceptions.raise_compiler_error(
            'nothing was written to ' ~ this.identifier ~ ', because its session reads as of '
            ~ of_session ~ ' and the run is as of ' ~ of_run
        ) -%}
    {%- elif others -%}
        {%- do exceptions.raise_compiler_error(
            'nothing was written to ' ~ this.identifier ~ ', because ' ~ others
            ~ ' of its rows were computed as of another instant than ' ~ of_run
            ~ ', that of the run; the latest is ' ~ latest
        ) -%}
    {%- endif -%}
{%- endmacro %}


{# The query of the instants that a mart was computed as of: that of the run, that of the session,
   whether they are equal, and of how many rows it is another one, and the latest of these.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro computed_as_of(mart) -%}
    {%- set computed_at = config.get('computed_at', 'last_computed_at') -%}
    select
        runs.as_of::text as of_run,
        app.as_of()::text as of_session,
        app.as_of() = runs.as_of as is_of_session,
    {%- if computed_at in mart.columns %}
        differing.row_count,
        differing.latest
    {%- else %}
        0 as row_count,
        null as latest
    {%- endif %}

    from {{ source('ledger', 'etl_runs') }} as runs
    {%- if computed_at in mart.columns %}
    cross join
        lateral (
            select
                count(*)::integer as row_count,
                max(computed.{{ computed_at }})::text as latest

            from {{ mart.computed }} as computed
            where computed.{{ computed_at }} is distinct from runs.as_of
        ) as differing
    {%- endif %}
    where runs.invocation_id = '{{ invocation_id }}'
{%- endmacro %}
