{# The as-of instant in the SQL of a mart.

   In a run it is a literal: the instant in the row of the run in the ledger. The SQL may be
   executed in another session than that of the mart, as on a worker of Citus, which has none of its
   settings. Everywhere else (a preview, a mart that a deploy creates, a unit test, dbt compile) it is
   what the session has set.

   Usage: {{ as_of() }} as last_computed_at #}
{% macro as_of() -%}
    {%- if not execute or flags.WHICH not in ('run', 'build')
        or model.resource_type == 'unit_test' or model.config.materialized != 'incremental'
        or run_kind() == 'PREVIEW' -%}
        {{- return('app.as_of()') -}}
    {%- endif -%}
    {%- set found = asked_once(
        "select to_char(as_of at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.USZ') from "
        ~ source('ledger', 'etl_runs') ~ " where invocation_id = '" ~ invocation_id ~ "'"
    ) -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error(
            'the run has no row in the run ledger, which holds its as-of instant'
        ) -%}
    {%- endif -%}
    {{- return("'" ~ found[0][0] ~ "'::timestamptz") -}}
{%- endmacro %}


{# The statement that refuses to write rows of a mart that were not computed as of the instant of the
   run.

   Each row of what was computed has an instant, and the views of the session have read one. Both have
   to be the instant in the run ledger. They are another one where a session lacks the setting
   hedge.as_of, because app.as_of() is now without it.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro require_as_of(mart) -%}
    {%- set computed_at = config.get('computed_at', 'last_computed_at') -%}
do $$
declare
    of_run timestamptz;
    others bigint;
    latest timestamptz;
begin
    select as_of into strict of_run
    from {{ source('ledger', 'etl_runs') }}
    where invocation_id = '{{ invocation_id }}';
    if app.as_of() <> of_run then
        raise exception
            'nothing was written to {{ mart.target.identifier }}, because its session'
            ' reads as of % and the run is as of %', app.as_of(), of_run
        using errcode = 'object_not_in_prerequisite_state';
    end if;
    {%- if computed_at in mart.columns %}
    select count(*), max(computed.{{ computed_at }}) into others, latest
    from {{ mart.computed }} as computed
    where computed.{{ computed_at }} is distinct from of_run;
    if others > 0 then
        raise exception
            'nothing was written to {{ mart.target.identifier }}, because % of its rows'
            ' were computed as of another instant than %, that of the run; the latest is %',
            others, of_run, latest
        using errcode = 'object_not_in_prerequisite_state';
    end if;
    {%- endif %}
end $$
{%- endmacro %}
