{# Refuses a run of dbt by hand where stamps are later than now, over which it could not write. Runs
   of Hedge ask before they call dbt (hedge/runs/clock.py).

   Usage: {%- do require_no_later_stamps() -%} #}
{% macro require_no_later_stamps() -%}
    {%- set stamps, latest, column = run_query(
        "select sum(stamps), max(latest)::text,"
        " (array_agg(relation || '.' || column_name order by latest desc))[1]"
        " from app.later_stamps("
        "'{app.etl_runs, app.verified, analytics.challenge_progress, analytics.cluster_metrics}')"
    ).rows[0] -%}
    {%- if stamps -%}
        {{- exceptions.raise_compiler_error(
            "nothing was built, because " ~ stamps ~ " stamps are later than now; the latest is "
            ~ latest ~ " in " ~ column
            ~ ": if the clock of the server is right, run hedge db repair-clock; else set it right"
        ) -}}
    {%- endif -%}
{%- endmacro %}
