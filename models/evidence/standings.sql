{# Tiers reached in the challenges that meta_profile counts. A row per challenge. #}
select
    scores.cluster_id,
    scores.window_key,
    scores.challenge_key,
    ladders.category_key,
    ladders.is_feat,
    scores.value,
    scores.tiers_reached,
    greatest(known.last_computed_at, verified.verified_to) as occurred_at,
    cardinality(ladders.thresholds) as tier_count

from {{ ref('challenge_scores') }} as scores
inner join {{ ref('challenge_ladders') }} as ladders
    on scores.challenge_key = ladders.challenge_key
inner join {{ ref('cluster_metrics') }} as known
    on
        scores.cluster_id = known.cluster_id
        and scores.window_key = known.window_key
left join
    {{ verified_rows(ref('cluster_metrics'), 'known', 'known.window_key') }}
