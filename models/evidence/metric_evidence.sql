{# The facts behind every metric. One row per fact, metric, cluster and window. #}
{#
   Made from what the columns in models/metrics/*.yml say under evidence, and from what
   the models they name say under facts: those in models/evidence are named here, because
   nothing else would put them before it. Nothing is computed from it.
#}
{%- for metric_source in var('metric_sources') + var('derived_metric_sources') %}
-- depends_on: {{ ref(metric_source) }}
{%- endfor %}
-- depends_on: {{ ref('windows') }}, {{ ref('holders') }}, {{ ref('cast_votes') }}
-- depends_on: {{ ref('ranked_runs') }}, {{ ref('legendary_summons') }}
-- depends_on: {{ ref('lp_days') }}, {{ ref('jewel_holdings') }}
-- depends_on: {{ ref('feat_goals') }}, {{ ref('standings') }}
-- depends_on: {{ ref('mastery_parts') }}
with

evidence as (

    {% for metric in described_metrics() -%}
    {{ evidence_of(metric) }}

    union all

    {% endfor -%}
    -- types for a project in which nothing is described
    select
        null::text as cluster_id,
        null::text as window_key,
        null::text as metric_source,
        null::text as metric_key,
        null::text as what,
        null::timestamptz as occurred_at,
        null::jsonb as natural_key,
        null::boolean as is_private,
        null::numeric as contribution,
        null::text as passed_over
    where false

)

select * from evidence
