{# Value and tier of each cluster in each challenge. One row per pair, with zeros. #}
{#
   The rows of retired challenges are kept as the last run before has stored them. Aside,
   where nothing is stored, they are read from what is live.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='latest_wins',
    unique_key=['cluster_id', 'challenge_key'],
    removable="not {{ is_left_out('existing.cluster_id', 'existing.challenge_key') }}
        and (
            existing.challenge_key <> all(array(
                select retired.key from {{ ref('challenges') }} as retired
                where retired.state = 'retired'
            ))
            or existing.cluster_id not in (
                select clusters.cluster_id from {{ ref('clusters') }} as clusters
            )
        )",
) }}
-- depends_on: {{ ref('challenges') }}
{% set stored = stored_rows() %}
with

{% if not var('left_out') -%}
meta_profile as (

    {{ long_form('meta_profile') }}

),

{% endif -%}
scores as (

    {% if var('left_out') -%}
    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from ({{ scores_not_left_out() }}) as other_scores
    where window_key in ('all_time', 'rolling_180d')
    {%- else -%}
    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from {{ ref('challenge_scores') }}
    where
        {{ in_scope('cluster_id') }}
        and window_key in ('all_time', 'rolling_180d')

    union all

    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from ({{ scored('meta_profile') }}) as meta_scores
    where
        {{ in_scope('cluster_id') }}
        and window_key in ('all_time', 'rolling_180d')
        -- computed only if a challenge uses it
        and exists (
            select from {{ ref('challenge_ladders') }} as ladders
            where ladders.metric_source = 'meta_profile'
        )
    {%- endif %}

    union all

    -- a zero for each pair: every cluster has a row for every active challenge
    select
        clusters.cluster_id,
        null as window_key,
        ladders.challenge_key,
        0 as value

    from {{ ref('clusters') }} as clusters
    cross join {{ ref('challenge_ladders') }} as ladders
    where {{ in_scope('clusters.cluster_id') }}

),

latest as (

    select
        cluster_id,
        challenge_key,
        coalesce(max(value) filter (where window_key = 'all_time'), 0) as value,
        coalesce(max(value) filter (where window_key = 'rolling_180d'), 0)
            as rolling_value

    from scores
    group by cluster_id, challenge_key

),

reached as (

    select
        latest.*,
        ladders.tier_codes,
        width_bucket(latest.value, ladders.thresholds) as tiers_reached,
        width_bucket(latest.rolling_value, ladders.thresholds) as rolling_tiers_reached

    from latest
    inner join {{ ref('challenge_ladders') }} as ladders
        on latest.challenge_key = ladders.challenge_key
    where not {{ is_left_out('latest.cluster_id', 'latest.challenge_key') }}

),

challenge_progress as (

    select
        cluster_id,
        challenge_key,
        value::numeric(60, 6) as value,
        rolling_value::numeric(60, 6) as rolling_value,
        tiers_reached > 0 as unlocked,
        coalesce(tier_codes[tiers_reached], 'NONE') as tier,
        coalesce(tier_codes[rolling_tiers_reached], 'NONE') as rolling_tier,
        {{ as_of() }} as last_computed_at

    from reached
    {%- if stored is not none and model.config.materialized != 'incremental' %}

    union all

    select
        kept.cluster_id,
        kept.challenge_key,
        kept.value,
        kept.rolling_value,
        kept.unlocked,
        kept.tier,
        kept.rolling_tier,
        kept.last_computed_at

    from {{ stored }} as kept
    inner join {{ ref('challenges') }} as challenges
        on kept.challenge_key = challenges.key
    inner join {{ ref('clusters') }} as clusters
        on kept.cluster_id = clusters.cluster_id
    where
        challenges.state = 'retired'
        and {{ in_scope('kept.cluster_id') }}
    {%- endif %}

)

select * from challenge_progress
