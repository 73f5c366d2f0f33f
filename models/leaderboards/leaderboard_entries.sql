{# The entries of board runs. One row per board run and cluster that is listed. #}
{#
   The caller passes what to compute in two variables of dbt_project.yml: boards, the
   board runs with the metrics they rank by, and board_sources, the metric sources to
   read for them. Each source is read once, for the windows of all boards that rank by
   it. The comments below name all sources, because dbt has to know what the model may
   read before it knows the boards.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='completes_runs',
    single_batch=true,
    unique_key=['run_id', 'cluster_id'],
    pre_hook='{{ windows_of_boards() }}',
) }}
{% for source in var('metric_sources') + var('derived_metric_sources') %}
-- depends_on: {{ ref(source) }}
{%- endfor %}
with

-- materialized: each board would compute its source again. Several sources are read
-- through their functions, so that two processes share them; a single source is faster
-- through its view.
computed as materialized (

    {% for source in board_sources_of_run() -%}
    {% set left_out = left_out_clusters(source.metric_source) -%}
    select
        cluster_id,
        window_key,
        '{{ source.metric_source }}' as metric_source,
        {{ metrics_as_json(source.metric_keys) }} as metrics

    from
        {{
            view_function(
                ref(source.metric_source),
                text_array(source.window_keys),
                clusters_except(left_out) if left_out else text_array(clusters_of_run())
            )
            if board_sources_of_run() | length > 1 or left_out
            else ref(source.metric_source)
        }}
    where
        window_key = any({{ text_array(source.window_keys) }})
        and {{ in_scope('cluster_id') }}

    union all

    {% endfor -%}
    -- no row: it gives the columns their types where no source is read
    select
        cluster_id,
        null as window_key,
        null as metric_source,
        null::jsonb as metrics

    from {{ ref('clusters') }}
    where false

),

boards as (

    select records.*
    from jsonb_to_recordset('{{ boards_of_run() | tojson }}') as records (
        run_id bigint,
        window_key text,
        metric_source text,
        metric_key text,
        fallback_metric_source text,
        fallback_metric_key text
    )

),

-- the metrics of each board: the one it ranks by, and the one that breaks ties
board_metrics as (

    select
        boards.run_id,
        boards.window_key,
        metrics.part,
        metrics.metric_source,
        metrics.metric_key

    from boards
    cross join
        lateral (
            values
            ('score', boards.metric_source, boards.metric_key),
            ('tiebreaker', boards.fallback_metric_source, boards.fallback_metric_key)
        ) as metrics (part, metric_source, metric_key)
    where metrics.metric_source is not null

),

parts as (

    select
        board_metrics.run_id,
        computed.cluster_id,
        board_metrics.part,
        {{ metric_number('computed.metrics -> board_metrics.metric_key') }} as value

    from board_metrics
    inner join computed
        on
            board_metrics.metric_source = computed.metric_source
            and board_metrics.window_key = computed.window_key
    {%- if var('left_out') %}
    where not {{ is_metric_left_out('computed.cluster_id', 'board_metrics') }}
    {%- endif %}

    -- season points, which have no window: the metric key is the season
    union all

    select
        board_metrics.run_id,
        progress.cluster_id,
        board_metrics.part,
        progress.points as value

    from board_metrics
    inner join {{ ref('season_progress') }} as progress
        on board_metrics.metric_key = progress.season_id
    where board_metrics.metric_source = 'season_progress'

    union all

    select
        board_metrics.run_id,
        totals.cluster_id,
        board_metrics.part,
        totals.total_score as value

    from board_metrics
    cross join {{ ref('total_scores') }} as totals
    where board_metrics.metric_source = 'challenge_progress'

),

-- materialized: the planner expects one board run, and would sum the scores again for
-- each of several
scores as materialized (

    select
        run_id,
        cluster_id,
        coalesce(sum(value) filter (where part = 'score'), 0)::numeric(60, 6) as score,
        coalesce(sum(value) filter (where part = 'tiebreaker'), 0)::numeric(60, 6)
            as tiebreaker

    from parts
    group by run_id, cluster_id

),

ranked as (

    select
        runs.*,
        scores.cluster_id,
        scores.score,
        case when runs.has_tiebreaker then scores.tiebreaker end as tiebreaker,
        dense_rank() over in_order as rank,
        -- one more than the number of strictly better clusters
        rank() over in_order as place

    from scores
    inner join {{ ref('board_runs') }} as runs
        on scores.run_id = runs.run_id
    where
        scores.score > 0
        and (
            not runs.verified_only
            or scores.cluster_id in (
                select verified.cluster_id
                from {{ ref('verified_clusters') }} as verified
            )
        )
    window in_order as (
        partition by scores.run_id
        order by scores.score desc, scores.tiebreaker desc
    )

),

leaderboard_entries as (

    select
        ranked.run_id,
        ranked.cluster_id,
        ranked.score,
        ranked.tiebreaker,
        ranked.rank::integer as rank,
        jsonb_build_object(
            'metric', ranked.metric_source || '.' || ranked.metric_key,
            'unit', coalesce(metrics.unit, ranked.own_unit),
            'periodStart', ranked.period_start,
            'periodEnd', ranked.period_end
        ) as payload,
        app.as_of() as created_at

    from ranked
    left join {{ ref('metrics') }} as metrics
        on
            ranked.metric_source = metrics.metric_source
            and ranked.metric_key = metrics.metric_key
    -- clusters that share the last rank are all listed
    where ranked.place <= ranked.max_entries

)

select * from leaderboard_entries
