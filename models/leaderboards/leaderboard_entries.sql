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
{% set sources = {} -%}
{% for source in var('metric_sources') + var('derived_metric_sources') -%}
{% do sources.update({source: ref(source)}) -%}
{% endfor -%}
{% set asked, needed = [], {} -%}
{% for board in var('boards') -%}
{% for part, source, metric in [
    ('score', board.metric_source, board.metric_key),
    ('tiebreaker', board.fallback_metric_source, board.fallback_metric_key),
] if source -%}
{% do asked.append({
    'run_id': board.run_id,
    'part': part,
    'metric_source': source,
    'metric_key': metric,
    'window_key': board.window_key,
}) -%}
{% endfor -%}
{% endfor -%}
{% for one in asked if one.metric_source in sources -%}
{% set found = needed.setdefault(one.metric_source, {'metrics': [], 'windows': []}) -%}
{% do found.metrics.append(one.metric_key) if one.metric_key not in found.metrics -%}
{% do found.windows.append(one.window_key) if one.window_key not in found.windows -%}
{% endfor -%}
with

-- kept, or each board would compute its source again; two processes share several
computed as materialized (

    {% for source, found in needed.items() -%}
    select
        cluster_id,
        window_key,
        '{{ source }}' as metric_source,
        {{ chosen_metrics(found.metrics) }} as metrics

    from
        {{
            planned_apart(sources[source], text_array(found.windows), 'null')
            if needed | length > 1 else sources[source]
        }}
    where window_key = any({{ text_array(found.windows) }})

    union all

    {% endfor -%}
    -- what the columns are, when no source is needed
    select
        cluster_id,
        null as window_key,
        null as metric_source,
        null::jsonb as metrics

    from {{ ref('clusters') }}
    where false

),

asked as (

    select
        (board ->> 'run_id')::bigint as run_id,
        board ->> 'part' as part,
        board ->> 'metric_source' as metric_source,
        board ->> 'metric_key' as metric_key,
        board ->> 'window_key' as window_key

    from jsonb_array_elements('{{ asked | tojson }}') as board

),

found as (

    select
        asked.run_id,
        computed.cluster_id,
        asked.part,
        {{ metric_number('computed.metrics -> asked.metric_key') }} as value

    from asked
    inner join computed
        on
            asked.metric_source = computed.metric_source
            and asked.window_key = computed.window_key

    -- what stands outside of windows: its key is the season
    union all

    select
        asked.run_id,
        progress.cluster_id,
        asked.part,
        progress.points as value

    from asked
    inner join {{ ref('season_progress') }} as progress
        on asked.metric_key = progress.season_id
    where asked.metric_source = 'season_progress'

    union all

    select
        asked.run_id,
        totals.cluster_id,
        asked.part,
        totals.total_score as value

    from asked
    cross join {{ ref('total_scores') }} as totals
    where asked.metric_source = 'challenge_progress'

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
