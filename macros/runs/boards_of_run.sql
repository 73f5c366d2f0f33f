{# The board runs that a run computes: the variable `boards`, as its caller has begun them. An
   environment has no caller that begins some: its hook begins one for each board
   (begin_board_runs), and the run computes those.

   Usage: {% for board in boards_of_run() %} .. {% endfor %} #}
{% macro boards_of_run() -%}
    {%- if var('boards') or not execute or not is_environment() -%}
        {{- return(var('boards')) -}}
    {%- endif -%}
    {%- set boards = [] -%}
    {%- for row in run_query(board_runs_of_environment()).rows -%}
        {%- do boards.append({
            'run_id': row[0] | int,
            'window_key': row[1],
            'metric_source': row[2],
            'metric_key': row[3],
            'fallback_metric_source': row[4],
            'fallback_metric_key': row[5],
            'third_metric_source': row[6],
            'third_metric_key': row[7],
            'fourth_metric_source': row[8],
            'fourth_metric_key': row[9],
        }) -%}
    {%- endfor -%}
    {{- return(boards) -}}
{%- endmacro %}


{# The metric sources that these board runs read, as the variable `board_sources` has them. #}
{% macro board_sources_of_run() -%}
    {%- if var('board_sources') or not execute or not is_environment() -%}
        {{- return(var('board_sources')) -}}
    {%- endif -%}
    {%- set sources = {} -%}
    {%- for board in boards_of_run() -%}
        {%- for source, key in [
            (board.metric_source, board.metric_key),
            (board.fallback_metric_source, board.fallback_metric_key),
            (board.third_metric_source, board.third_metric_key),
            (board.fourth_metric_source, board.fourth_metric_key),
        ] if source in var('metric_sources') + var('derived_metric_sources') -%}
            {%- do sources.setdefault(source, {
                'metric_source': source, 'metric_keys': [], 'window_keys': [],
            }) -%}
            {%- if key not in sources[source].metric_keys -%}
                {%- do sources[source].metric_keys.append(key) -%}
            {%- endif -%}
            {%- if board.window_key not in sources[source].window_keys -%}
                {%- do sources[source].window_keys.append(board.window_key) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(sources.values() | list) -}}
{%- endmacro %}


{# The query of the board runs that an environment has begun. Runs of one period share a window, and
   a run of all time reads the one that every run computes. #}
{% macro board_runs_of_environment() -%}
select
    runs.id,
    case
        when runs.period_start is null then 'all_time'
        else 'run:' || min(runs.id) over (
            partition by runs.period_start, runs.period_end
        )
    end as window_key,
    metrics.metric_source,
    metrics.metric_key,
    metrics.fallback_metric_source,
    metrics.fallback_metric_key,
    metrics.third_metric_source,
    metrics.third_metric_key,
    metrics.fourth_metric_source,
    metrics.fourth_metric_key
from {{ source('ledger', 'leaderboard_runs') }} as runs
inner join app.board_metrics as metrics
    on runs.leaderboard_key = metrics.leaderboard_key
where runs.status = 'PROCESSING'
order by runs.id
{%- endmacro %}


{# Begins a board run in an environment for each active board, over the period that readers of the
   live board see.

   A board is left out that has no live run, whose metric is unknown to the project, or whose metric
   is derived from others and whose period is not all time: for such ones, the command line has
   cluster_metrics hold the window of the board. All are left out where the environment lacks a view
   with the windows of boards, because it reads that from the live schema (dbt --defer). #}
{% macro begin_board_runs() -%}
    {%- set views = ['board_runs', 'window_spans', 'windows'] + var('metric_sources') -%}
    {%- set lacking = [] -%}
    {%- for view in views
        if 'model.' ~ project_name ~ '.' ~ view not in selected_resources
        and load_cached_relation(api.Relation.create(
            database=target.database, schema=target.schema, identifier=view)) is none -%}
        {%- do lacking.append(view) -%}
    {%- endfor -%}
        update {{ source('ledger', 'leaderboard_runs') }}
        set
            status = 'FAILED',
            error = 'the process ended before the run did',
            finished_at = clock_timestamp()
        where status = 'PROCESSING';
    {%- if lacking -%}
        {%- do log(
            "no board is computed: " ~ target.schema ~ " lacks views that boards are computed with ("
            ~ lacking | join(', ') ~ "); dbt build builds everything", info=true) -%}
    {%- else %}
        insert into {{ source('ledger', 'leaderboard_runs') }}
            (leaderboard_key, period_start, period_end, status, started_at)
        select
            latest.leaderboard_key, latest.period_start, latest.period_end, 'PROCESSING', now()
        from app.latest_board_runs as latest
        inner join {{ source('app', 'leaderboard_defs') }} as defs
            on latest.leaderboard_key = defs.key
        where
            defs.is_active
            and defs.state <> 'retired'
            and defs.metric_source = any({{ text_array(
                var('metric_sources') + var('derived_metric_sources')
                + ['season_progress', 'challenge_progress']) }})
            and (
                latest.period_start is null
                or not exists (
                    select from app.board_ordering_keys as ranked_by
                    where
                        ranked_by.leaderboard_key = defs.key
                        and ranked_by.metric_source
                        = any({{ text_array(var('derived_metric_sources')) }})
                )
            )
        order by latest.leaderboard_key;
    {%- endif -%}
{%- endmacro %}
