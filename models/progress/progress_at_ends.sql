{# Value and tier at ends of past periods. One row per cluster, window, challenge. #}
{#
   A run that computes ends puts their windows into cluster_metrics while it lasts
   (macros/runs/keep_ends.sql). A cluster without them has no rows here, and not zeros:
   what was not computed is not known.
#}
with

meta_profile as (

    {{ long_form('meta_profile') }}

),

scores as (

    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from {{ ref('challenge_scores') }}

    union all

    select
        cluster_id,
        window_key,
        challenge_key,
        value

    from ({{ scored('meta_profile') }}) as meta_scores

    union all

    -- a zero for each pair: every cluster has a row for every live challenge
    select
        cluster_metrics.cluster_id,
        cluster_metrics.window_key,
        ladders.challenge_key,
        0 as value

    from {{ ref('cluster_metrics') }} as cluster_metrics
    cross join {{ ref('challenge_ladders') }} as ladders

),

latest as (

    select
        cluster_id,
        window_key,
        challenge_key,
        max(value) as value

    from scores
    group by cluster_id, window_key, challenge_key

),

progress_at_ends as (

    select
        latest.cluster_id,
        latest.window_key,
        latest.challenge_key,
        latest.value::numeric(60, 6) as value,
        coalesce(
            ladders.tier_codes[width_bucket(latest.value, ladders.thresholds)], 'NONE'
        ) as tier

    from latest
    inner join {{ ref('challenge_ladders') }} as ladders
        on latest.challenge_key = ladders.challenge_key
    where latest.window_key like 'end:%'

)

select * from progress_at_ends
