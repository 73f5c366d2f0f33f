{# Points and level of each cluster in each season. One row per season and cluster. #}
{#
   A run writes the seasons whose windows it computes, and leaves the rows of others
   unchanged. The points that a retired challenge gave before are kept, as long as the
   season has a weight of it.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='latest_wins',
    unique_key=['season_id', 'cluster_id'],
    computed_at='updated_at',
    verified_by='season_id',
    removable="existing.season_id in (select computed.season_id from computed)
        and not {{ is_season_left_out('existing.season_id', 'existing.cluster_id') }}",
) }}
-- depends_on: {{ ref('challenges') }}
{% set stored = stored_rows() %}
with

seasons as (

    select
        seasons.*,
        app.excluded_from_season(seasons.season_id) as excluded_clusters

    from {{ ref('seasons') }} as seasons
    inner join {{ ref('windows') }} as windows
        on seasons.window_key = windows.window_key

),

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
    where window_key like 'season:%'
    {%- else -%}
    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from {{ ref('challenge_scores') }}
    where
        {{ in_scope('cluster_id') }}
        and window_key like 'season:%'

    union all

    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from ({{ scored('meta_profile') }}) as meta_scores
    where
        {{ in_scope('cluster_id') }}
        and window_key like 'season:%'
    {%- endif %}

),

weighted as (

    select
        seasons.season_id,
        seasons.window_key,
        seasons.baseline_key,
        seasons.excluded_clusters,
        weights.challenge_key,
        weights.weight,
        metrics.window_behaviour = 'as of the end' as is_state

    from seasons
    inner join {{ ref('season_weights') }} as weights
        on seasons.season_id = weights.season_id
    inner join {{ ref('challenge_ladders') }} as ladders
        on weights.challenge_key = ladders.challenge_key
    inner join {{ ref('metrics') }} as metrics
        on
            ladders.metric_source = metrics.metric_source
            and ladders.metric_key = metrics.metric_key

),

counted as (

    select
        season_id,
        window_key,
        excluded_clusters,
        challenge_key,
        weight,
        1 as sign

    from weighted

    union all

    -- of a state, only the gain since the start of the season counts
    select
        season_id,
        baseline_key as window_key,
        excluded_clusters,
        challenge_key,
        weight,
        -1 as sign

    from weighted
    where is_state

),

earned as (

    select
        counted.season_id,
        scores.cluster_id,
        scores.challenge_key,
        -- a state that has decreased gives no negative points
        counted.weight * greatest(sum(counted.sign * scores.value), 0) as points

    from scores
    inner join counted
        on
            scores.window_key = counted.window_key
            and scores.challenge_key = counted.challenge_key
    where (scores.cluster_id = any(counted.excluded_clusters)) is not true
    group by
        counted.season_id,
        scores.cluster_id,
        scores.challenge_key,
        counted.weight

    {% if stored is not none -%}
    union all

    select
        kept.season_id,
        kept.cluster_id,
        points.key as challenge_key,
        points.value::numeric as points

    from {{ stored }} as kept
    inner join seasons
        on kept.season_id = seasons.season_id
    cross join lateral jsonb_each(kept.points_by_challenge) as points
    inner join {{ ref('challenges') }} as challenges
        on points.key = challenges.key
    inner join {{ ref('season_weights') }} as weights
        on
            kept.season_id = weights.season_id
            and points.key = weights.challenge_key
    where
        challenges.state = 'retired'
        and {{ in_scope('kept.cluster_id') }}
        and (kept.cluster_id = any(seasons.excluded_clusters)) is not true
        -- most seasons have none, and their rows are not unfolded
        and kept.points_by_challenge ?| array(
            select retired.key from {{ ref('challenges') }} as retired
            where retired.state = 'retired'
        )

    {% endif -%}
    union all

    -- a zero for each pair: every cluster has a row for every season
    select
        seasons.season_id,
        clusters.cluster_id,
        null as challenge_key,
        0 as points

    from seasons
    cross join {{ ref('clusters') }} as clusters
    where {{ in_scope('clusters.cluster_id') }}

),

totals as (

    select
        season_id,
        cluster_id,
        sum(points)::numeric(60, 6) as points,
        coalesce(
            jsonb_object_agg(challenge_key, trim_scale(points)) filter (
                where points > 0
            ),
            '{}'
        ) as points_by_challenge

    from earned
    group by season_id, cluster_id

),

season_progress as (

    select
        totals.season_id,
        totals.cluster_id,
        totals.points,
        (
            select coalesce(max(levels.level), 0)
            from {{ ref('season_levels') }} as levels
            where levels.points_required <= totals.points
        ) as level,
        totals.points_by_challenge,
        {{ as_of() }} as updated_at

    from totals
    where not {{ is_season_left_out('totals.season_id', 'totals.cluster_id') }}

)

select * from season_progress
