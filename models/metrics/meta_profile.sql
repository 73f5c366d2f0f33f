{# Scores derived from the metrics of other sources. One row per cluster and window. #}
with

categories as (

    select
        scores.cluster_id,
        scores.window_key,
        ladders.category_key,
        count(*) filter (where ladders.is_feat and scores.tiers_reached > 0) as feats,
        bool_or(
            not ladders.is_feat
            and scores.tiers_reached = cardinality(ladders.thresholds)
        ) as is_exalted

    from {{ ref('challenge_scores') }} as scores
    inner join {{ ref('challenge_ladders') }} as ladders
        on scores.challenge_key = ladders.challenge_key
    group by scores.cluster_id, scores.window_key, ladders.category_key

),

parts as (

    select
        cluster_id,
        window_key,
        feats,
        is_exalted::integer as exalted_categories,
        null as score,
        0 as points

    from categories

    union all

    select
        metric_values.cluster_id,
        metric_values.window_key,
        0 as feats,
        0 as exalted_categories,
        weights.score,
        metric_values.value * weights.weight as points

    from {{ ref('metric_values') }} as metric_values
    inner join {{ ref('mastery_weights') }} as weights
        on
            metric_values.metric_source = weights.metric_source
            and metric_values.metric_key = weights.metric_key

),

metrics as (

    select
        cluster_id,
        window_key,
        sum(feats)::bigint as prestige_unlocked_count,
        sum(exalted_categories)::bigint as exalted_category_count,
        coalesce(
            round(sum(points) filter (where score = 'summoning_prestige_score')), 0
        )::numeric(60, 0) as summoning_prestige_score,
        coalesce(
            round(sum(points) filter (where score = 'pvp_mastery_score')), 0
        )::numeric(60, 0) as pvp_mastery_score,
        coalesce(
            round(sum(points) filter (where score = 'metis_mastery_score')), 0
        )::numeric(60, 0) as metis_mastery_score

    from parts
    group by cluster_id, window_key

)

select * from metrics
