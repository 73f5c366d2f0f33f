{# Incremental strategy completes_runs: writes the entries of board runs and marks the runs as
   COMPLETE, in one statement, so that readers never see a complete run without its entries.

   Only runs that are still PROCESSING become COMPLETE and get entries. A run that was marked
   as FAILED meanwhile, because its process was taken for dead, gets none.

   Usage: {{ config(incremental_strategy='completes_runs', single_batch=true,
       unique_key=['run_id', ..]) }}
   - mart (dict[string, any]): see the materialization incremental #}
{% macro completes_runs_write(mart) %}

    {%- set boards = boards_of_run() -%}
    {% if boards %}

    with complete as (
        update {{ source('ledger', 'leaderboard_runs') }} as runs
        set
            status = 'COMPLETE',
            as_of = {{ mart.as_of }},
            row_count = (
                select count(*) from {{ mart.computed }} as computed
                where computed.run_id = runs.id
            ),
            finished_at = clock_timestamp()
        where runs.id in (
            -- app.mark_stale_boards locks runs in the same order
            select processing.id
            from {{ source('ledger', 'leaderboard_runs') }} as processing
            where
                processing.id in (
                    {{ boards | map(attribute='run_id') | join(', ') }}
                )
                and processing.status = 'PROCESSING'
            order by processing.id
            for update
        )
        returning runs.id
    )
    insert into {{ mart.target }} ({{ mart.columns | join(', ') }})
    select {{ mart.columns | join(', ') }}
    from {{ mart.computed }}
    where run_id in (select complete.id from complete)
    order by {{ mart.key | join(', ') }}

    {% endif %}

{% endmacro %}


{# The index that has the entries of a run in the order of their ranks.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro completes_runs_index(mart) %}
    create index if not exists {{ mart.target.identifier }}_ranked
    on {{ mart.target }} (run_id, rank, cluster_id)
{% endmacro %}
