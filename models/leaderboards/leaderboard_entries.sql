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
    computed_at='created_at',
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
        {{
            counted_metrics(
                'cluster_id',
                source.metric_source,
                metrics_as_json(source.metric_keys)
            )
        }} as metrics

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
        fallback_metric_key text,
        third_metric_source text,
        third_metric_key text,
        fourth_metric_source text,
        fourth_metric_key text
    )

),

-- materialized: the array of directions would be built for each row
runs as materialized (

    select * from {{ ref('board_runs') }}

),

-- the metrics that each board ranks by: a later one decides where all before are equal
board_metrics as (

    select
        boards.run_id,
        boards.window_key,
        metrics.position,
        metrics.metric_source,
        metrics.metric_key

    from boards
    cross join
        lateral (
            values
            (1, boards.metric_source, boards.metric_key),
            (2, boards.fallback_metric_source, boards.fallback_metric_key),
            (3, boards.third_metric_source, boards.third_metric_key),
            (4, boards.fourth_metric_source, boards.fourth_metric_key)
        ) as metrics (position, metric_source, metric_key)
    where metrics.metric_source is not null

),

parts as (

    select
        board_metrics.run_id,
        computed.cluster_id,
        board_metrics.position,
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
        board_metrics.position,
        progress.points as value

    from board_metrics
    inner join {{ ref('season_progress') }} as progress
        on board_metrics.metric_key = progress.season_id
    where board_metrics.metric_source = 'season_progress'

    union all

    select
        board_metrics.run_id,
        totals.cluster_id,
        board_metrics.position,
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
        coalesce(sum(value) filter (where position = 1), 0)::numeric(60, 6) as score,
        coalesce(sum(value) filter (where position = 2), 0)::numeric(60, 6)
            as tiebreaker,
        coalesce(sum(value) filter (where position = 3), 0)::numeric(60, 6)
            as third_value,
        coalesce(sum(value) filter (where position = 4), 0)::numeric(60, 6)
            as fourth_value

    from parts
    group by run_id, cluster_id

),

-- keys in which more is better, whatever the direction: a smaller value is a larger
-- negative one
comparable as (

    select
        scores.*,
        runs.ranking,
        runs.max_entries,
        case runs.directions[1] when 'asc' then -scores.score else scores.score end
            as first_key,
        case
        runs.directions[2]
            when 'asc' then -scores.tiebreaker else scores.tiebreaker
        end as second_key,
        case
        runs.directions[3]
            when 'asc' then -scores.third_value else scores.third_value
        end as third_key,
        case
        runs.directions[4]
            when 'asc' then -scores.fourth_value else scores.fourth_value
        end as fourth_key

    from scores
    inner join runs
        on scores.run_id = runs.run_id
    where
        scores.score > 0
        and (scores.cluster_id = any(runs.excluded_clusters)) is not true
        and (
            not runs.verified_only
            or scores.cluster_id in (
                select verified.cluster_id
                from {{ ref('verified_clusters') }} as verified
            )
        )

),

counted as (

    select
        *,
        dense_rank() over in_order as dense_rank,
        -- one more than the number of strictly better clusters
        rank() over in_order as standard_rank,
        row_number() over in_rows as row_number

    from comparable
    window
        in_order as (
            partition by run_id
            order by first_key desc, second_key desc, third_key desc, fourth_key desc
        ),
        -- the last key: cluster_id decides between equals
        in_rows as (
            partition by run_id
            order by
                first_key desc,
                second_key desc,
                third_key desc,
                fourth_key desc,
                cluster_id asc
        )

),

ranked as (

    select
        *,
        case ranking
            when 'dense' then dense_rank
            when 'standard' then standard_rank
            else row_number
        end as rank

    from counted
    -- clusters that share the last rank are all listed
    where
        case ranking when 'row' then row_number else standard_rank end <= max_entries

),

-- what the numbers of a run are of; materialized: the planner expects one run, and
-- would describe the runs again for each entry
payloads as materialized (

    select
        runs.run_id,
        count(*) as key_count,
        jsonb_build_object(
            'metric', min(described.metric) filter (where described.position = 1),
            'unit', min(described.unit) filter (where described.position = 1),
            'periodStart', runs.period_start,
            'periodEnd', runs.period_end,
            'ranking', runs.ranking,
            'keys', jsonb_agg(
                jsonb_build_object(
                    'metric', described.metric,
                    'unit', described.unit,
                    'direction', runs.directions[described.position]
                )
                order by described.position
            )
        ) as payload

    from (
        select
            board_metrics.run_id,
            board_metrics.position,
            board_metrics.metric_source || '.' || board_metrics.metric_key as metric,
            app.unit_of_metric(board_metrics.metric_source, metrics.unit) as unit

        from board_metrics
        left join {{ ref('metrics') }} as metrics
            on
                board_metrics.metric_source = metrics.metric_source
                and board_metrics.metric_key = metrics.metric_key
    ) as described
    inner join runs
        on described.run_id = runs.run_id
    group by
        runs.run_id, runs.period_start, runs.period_end, runs.ranking, runs.directions

),

leaderboard_entries as (

    select
        ranked.run_id,
        ranked.cluster_id,
        ranked.score,
        payloads.payload,
        ranked.rank::integer as rank,
        case when payloads.key_count >= 2 then ranked.tiebreaker end as tiebreaker,
        {{ as_of() }} as created_at,
        case when payloads.key_count >= 3 then ranked.third_value end as third_value,
        case when payloads.key_count >= 4 then ranked.fourth_value end as fourth_value

    from ranked
    inner join payloads
        on ranked.run_id = payloads.run_id

)

select * from leaderboard_entries
