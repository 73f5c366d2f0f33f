{# Who stands where on a board. One row per run of a board and cluster listed. #}
{#
   The runs to compute and the metrics they rank by come as the variable boards. Each metric
   source is read once, for all the windows that the boards ask of it. All sources are
   named, so that dbt knows what the model may read before it is told the boards.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='completes_runs',
    unique_key=['run_id', 'cluster_id'],
    pre_hook='{{ windows_of_boards() }}',
) }}
{% set boards = var('boards') -%}
{% set sources = {} -%}
{% for source in var('metric_sources') + var('derived_metric_sources') -%}
{% do sources.update({source: ref(source)}) -%}
{% endfor -%}
{% set needed = {} -%}
{% for board in boards -%}
{% for source, metric in [
    (board.metric_source, board.metric_key),
    (board.fallback_metric_source, board.fallback_metric_key),
] if source in sources -%}
{% set found = needed.setdefault(source, {'metrics': [], 'windows': []}) -%}
{% do found.metrics.append(metric) if metric not in found.metrics -%}
{% do found.windows.append(board.window_key)
    if board.window_key not in found.windows -%}
{% endfor -%}
{% endfor -%}
with

{% for source, found in needed.items() -%}
{{ source }}_metrics as materialized (

    select
        cluster_id,
        window_key,
        {{ found.metrics | join(', ') }}

    from {{ sources[source] }}
    where window_key = any({{ text_array(found.windows) }})

),

{% endfor -%}
found as (

    {% for board in boards -%}
    {{ board_values(board, board.metric_source, board.metric_key, as='score') }}

    union all

    {% if board.fallback_metric_key -%}
    {{ board_values(
        board, board.fallback_metric_source, board.fallback_metric_key, as='tiebreaker'
    ) }}

    union all

    {% endif -%}
    {% endfor -%}
    -- what the columns are, when no board is asked for
    select
        null::bigint as run_id,
        total_scores.cluster_id,
        null as part,
        season_progress.points as value

    from {{ ref('total_scores') }} as total_scores
    cross join {{ ref('season_progress') }} as season_progress
    where false

),

-- kept: the planner expects one run, and would add the scores up again for each
scores as materialized (

    select
        run_id,
        cluster_id,
        coalesce(sum(value) filter (where part = 'score'), 0)::numeric(60, 6) as score,
        coalesce(sum(value) filter (where part = 'tiebreaker'), 0)::numeric(60, 6)
            as tiebreaker

    from found
    group by run_id, cluster_id

),

ranked as (

    select
        runs.*,
        scores.cluster_id,
        scores.score,
        case when runs.has_tiebreaker then scores.tiebreaker end as tiebreaker,
        dense_rank() over in_order as rank,
        -- how many are strictly better, and one
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
    -- the last shared rank is kept whole
    where ranked.place <= ranked.max_entries

)

select * from leaderboard_entries
