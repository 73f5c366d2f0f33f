{# Stores what a run of the kind ENDS has computed in app.past_ends, and removes the windows of these
   ends from cluster_metrics: nobody else reads them.

   The variable ends names the ends with the number of changes that the run began with; what changes
   meanwhile has a larger number, and leaves the end out of date.

   Usage: on-run-end, after the row of the run is closed: {{ keep_ends() }} #}
{% macro keep_ends() -%}
        {%- set windows = text_array(var('ends') | map(attribute='window_key') | list) -%}
        with computed as (
            select
                cluster_id,
                window_key,
                jsonb_object_agg(
                    challenge_key, jsonb_build_array(trim_scale(value)::text, tier)
                ) as progress
            from {{ target.schema }}.progress_at_ends
            where
                {{ in_scope('cluster_id') }}
                and window_key = any({{ windows }})
            group by cluster_id, window_key
        )
        update app.past_ends as ends
        set
            progress = computed.progress,
            computed_changes = begun.changes,
            run_id = runs.run_id,
            definitions = runs.definitions
        from computed
        inner join jsonb_to_recordset('{{ var("ends") | tojson }}') as begun (
            window_key text, ends_at timestamptz, changes bigint
        )
            on computed.window_key = begun.window_key
        inner join {{ source('ledger', 'etl_runs') }} as runs
            on runs.invocation_id = '{{ invocation_id }}'
        where
            ends.cluster_id = computed.cluster_id
            and ends.ends_at = begun.ends_at;
        delete from {{ target.schema }}.cluster_metrics
        where
            {{ in_scope('cluster_id') }}
            and window_key = any({{ windows }})
{%- endmacro %}


{# Notes that ends of past periods are out of date, from the change notes that the run has taken. A
   fact moves the ends after it; where a table moves every window, what is updated or deleted moves
   all ends. A note without an instant, such as one of an account, moves all of them, too.

   Usage: in start_run, after the notes were taken: {{ record_changed_ends() }} #}
{% macro record_changed_ends() -%}
        with every_window as (
            select distinct facts.table_name
            from {{ source('app', 'metric_source_tables') }} as facts
            where facts.counts_in = 'every window'
        ),

        changed as (
            select
                touched.cluster_id,
                min(case
                    when
                        touched.operation <> 'INSERT'
                        and every_window.table_name is not null
                        then '-infinity'
                    else coalesce(touched.from_at, '-infinity')
                end) as from_at
            from {{ target.schema }}.cluster_changes as touched
            left join every_window
                on touched.table_name = every_window.table_name
            where
                -- where nobody has asked, no note is read
                exists (select from app.past_ends)
                and touched.taken_by = '{{ taker_of_changes() }}'
                and touched.cluster_id in (
                    select asked.cluster_id from app.past_ends as asked
                )
            group by touched.cluster_id
        ),

        -- in one order, so that two runs do not wait for each other
        concerned as (
            select
                known.cluster_id,
                known.ends_at
            from app.past_ends as known
            left join changed
                on known.cluster_id = changed.cluster_id
            where
                known.ends_at > changed.from_at
                or exists (
                    select from {{ source('ledger', 'change_notes') }} as notes
                    where
                        notes.taken_by = '{{ taker_of_changes() }}'
                        and notes.kind = 'everything'
                        and notes.table_name in (
                            select watched.table_name from app.watched_tables as watched
                        )
                )
            order by known.cluster_id, known.ends_at
            for update of known
        )

        update app.past_ends as ends
        set changes = ends.changes + 1
        from concerned
        where
            ends.cluster_id = concerned.cluster_id
            and ends.ends_at = concerned.ends_at;
{%- endmacro %}
