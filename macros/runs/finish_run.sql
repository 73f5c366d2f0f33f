{# Updates the run's row in the run ledger: its state, each mart with its rows, its seconds and how many
   seconds after the start of the run it began, and the first error. A run over all changes that
   succeeded deletes the change notes that it has taken; the notes of one that left something out
   (PARTIAL) are taken again by the next. It writes the event that stands for all changes where the run
   tells of no single one (app.how_to_tell). In an environment, where nobody else does, it marks the
   board runs that were not computed as FAILED.

   A run that succeeded removes the rows of accounts that were deleted, in its scope, from every table
   of its schema (app.remove_deleted_clusters): also from those that it does not compute, such as the
   points of seasons that are over and the entries of boards. A board run looks at entries only.

   A run of the live schema that succeeded removes what it wrote of clusters that were merged into
   others meanwhile (app.follow_merges).

   A run over all changes that succeeded, or one of a season, notes what it is complete to for its
   readers (keep_completeness).

   A run over all changes counts how rare tiers are (count_progress), also one that left something out,
   since what it left out keeps its value.

   A run that computes values of today freezes standings that are final, and takes back, lets lapse and
   entitles to rewards (app.settle_rewards), for the clusters that it may have changed.

   A run of ends of past periods stores them before it is over (macros/runs/keep_ends.sql).

   Usage: on-run-end: "{{ finish_run(results) }}"
   - results (list[any]): what dbt gives to the hook #}
{% macro finish_run(results) -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'seed') -%}
        {%- set models = [] -%}
        {%- set errors = [] -%}
        {%- set left_out = [] -%}
        {%- for failed in var('left_out') -%}{%- do left_out.append(failed.why) -%}{%- endfor -%}
        {%- for result in results -%}
            {#- Views are left out: they write no rows and take no time. -#}
            {%- if result.node.config.materialized in ('incremental', 'seed') -%}
                {#- Of the clock of this process only spans are taken: that of the server may differ. -#}
                {%- set began = (result.timing | map(attribute='started_at') | list + [none])[0] -%}
                {%- set now = modules.datetime.datetime.now(began.tzinfo or modules.pytz.utc)
                    .replace(tzinfo=began.tzinfo) if began else none -%}
                {%- do models.append({
                    'name': result.node.name,
                    'state': result.status | string,
                    'rows': result.adapter_response.get('rows_affected'),
                    'seconds': result.execution_time | round(3),
                    'before_end': (now - began).total_seconds() if began else none,
                }) -%}
            {%- endif -%}
            {%- if result.status | string in ('error', 'fail', 'runtime error') -%}
                {%- do errors.append(reason_of_failure(result)) -%}
            {%- endif -%}
        {%- endfor -%}
        update {{ source('ledger', 'etl_runs') }}
        set
            state = '{{ "FAILED" if errors else "PARTIAL" if var("left_out") else "SUCCESS" }}',
            finished_at = clock_timestamp(),
            models = (
                select
                    coalesce(
                        jsonb_agg(
                            written.entry - 'before_end' || jsonb_build_object(
                                'began',
                                round(
                                    greatest(
                                        extract(epoch from clock_timestamp() - etl_runs.started_at)
                                        - (written.entry ->> 'before_end')::numeric,
                                        0
                                    ),
                                    3
                                )
                            )
                            order by written.place
                        ),
                        '[]'
                    )
                from
                    jsonb_array_elements(
                        '{{ dbt.escape_single_quotes(tojson(models)) }}'::jsonb
                    ) with ordinality as written (entry, place)
            ),
            error = {% if errors -%}
                '{{ dbt.escape_single_quotes(errors[0] | trim) }}'
            {%- elif left_out -%}
                '{{ dbt.escape_single_quotes(left_out | join("; ")) }}'
            {%- else -%}
                null
            {%- endif %}
        where invocation_id = '{{ invocation_id }}'
        {%- if is_environment() %};
        update {{ source('ledger', 'leaderboard_runs') }}
        set
            status = 'FAILED',
            error = 'the run did not compute it',
            finished_at = clock_timestamp()
        where status = 'PROCESSING'
        {%- endif %}
        {%- if not errors and run_kind() not in ('DEPLOY', 'PREVIEW') %};
        select app.remove_deleted_clusters(
            '{{ target.schema }}',
            {{ text_array(var('clusters')) }},
            {{ text_array(['leaderboard_entries'] if run_kind() == 'BOARD' else none) }}
        )
        {%- endif -%}
        {%- if not errors and run_kind() not in ('DEPLOY', 'PREVIEW') and not is_environment() %};
        select app.follow_merges(true)
        {%- endif -%}
        {%- if run_kind() in ('FULL', 'INCREMENTAL', 'SEASON') and not errors and not left_out
            and not is_environment() %};
        {{ keep_completeness() }}
        {%- endif -%}
        {%- if run_kind() in ('FULL', 'INCREMENTAL') and not errors and not is_environment() %};
        {{ count_progress() }}
        {%- endif -%}
        {%- if run_kind() == 'ENDS' and not errors %};
        {{ keep_ends() }}
        {%- endif -%}
        {%- if run_kind() in ('FULL', 'INCREMENTAL', 'CLUSTER', 'SEASON', 'BOARD') and not errors
            and not is_environment() %};
        select app.settle_rewards(
            max(etl_runs.run_id),
            {{ text_array(var('clusters') if run_kind() == 'CLUSTER' else none) }}
        )
        from {{ source('ledger', 'etl_runs') }}
        where etl_runs.invocation_id = '{{ invocation_id }}'
        {%- endif -%}
        {%- if run_kind() in ('FULL', 'INCREMENTAL') and not is_environment() %};
        select app.tell_of_run(max(etl_runs.run_id))
        from {{ source('ledger', 'etl_runs') }}
        where etl_runs.invocation_id = '{{ invocation_id }}'
            {%- if not errors and not left_out %};
        select app.delete_taken_changes('{{ taker_of_changes() }}', {{ as_of_of_run() }})
            {%- endif %}
        {%- endif %}
    {%- endif -%}
{%- endmacro %}
