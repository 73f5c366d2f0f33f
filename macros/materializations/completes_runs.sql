{# Incremental strategy: the entries of board runs, and their status, in one statement.

   The runs that were named and are still being processed become COMPLETE, and only those
   get entries: a run that somebody has declared dead meanwhile gets none.

   Usage: {{ config(incremental_strategy='completes_runs', unique_key=['run_id', ..]) }} #}
{% macro get_incremental_completes_runs_sql(arg_dict) %}

    {%- set computed = arg_dict.temp_relation -%}
    {%- set columns = arg_dict.dest_columns -%}

    {% if arg_dict.portion == 1 and var('boards') and not flags.EMPTY %}

    with complete as (
        update app.leaderboard_runs as runs
        set
            status = 'COMPLETE',
            as_of = app.as_of(),
            row_count = (
                select count(*) from {{ computed }} as computed
                where computed.run_id = runs.id
            ),
            finished_at = clock_timestamp()
        where
            runs.id in ({{ var('boards') | map(attribute='run_id') | join(', ') }})
            and runs.status = 'PROCESSING'
        returning runs.id
    )
    insert into {{ arg_dict.target_relation }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ computed }}
    where run_id in (select id from complete)
    order by {{ arg_dict.unique_key | join(', ') }}

    {% endif %}

{% endmacro %}
