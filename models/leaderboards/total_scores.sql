{# The sum of each cluster's progress over all ladders. One row per cluster. #}
with

ladders as (

    -- a feat has one tier and is not a ladder
    select
        challenge_key,
        thresholds

    from {{ ref('challenge_ladders') }}
    where not is_feat

),

total_scores as (

    select
        progress.cluster_id,
        sum(
            width_bucket(progress.value, ladders.thresholds)::numeric
            / cardinality(ladders.thresholds)
        )::numeric(60, 6) as total_score

    from {{ ref('challenge_progress') }} as progress
    inner join ladders
        on progress.challenge_key = ladders.challenge_key
    group by progress.cluster_id

)

select * from total_scores
