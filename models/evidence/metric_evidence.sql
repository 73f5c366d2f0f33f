{# The facts behind every metric. One row per fact, metric, cluster and window. #}
{#
   Generated from the entries `evidence` of the columns in models/metrics/*.yml and the
   entries `facts` of the models that those name (macros/evidence). The comments below
   name the models that are read, because dbt cannot see them in generated SQL. Only
   hedge explain reads this view; no mart is computed from it.
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
    -- no row: it gives the columns their types where no metric has evidence
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
