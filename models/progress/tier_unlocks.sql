{# When each cluster was first seen on each rung. A rung once reached stays. #}
{{ config(
    materialized='incremental',
    incremental_strategy='first_wins',
    unique_key=['cluster_id', 'challenge_key', 'tier_code', 'kind'],
) }}
with

progress as (

    select * from {{ ref('challenge_progress') }}
    where {{ in_scope('cluster_id') }}

),

reached as (

    select
        progress.cluster_id,
        progress.challenge_key,
        tiers.tier_code,
        kinds.kind,
        progress.last_computed_at as unlocked_at

    from progress
    inner join {{ ref('challenge_ladders') }} as ladders
        on progress.challenge_key = ladders.challenge_key
    cross join
        lateral unnest(ladders.tier_codes, ladders.thresholds) as tiers (
            tier_code, threshold
        )
    cross join (values ('TIER'), ('FOUNDERS_MARK')) as kinds (kind)
    where
        case kinds.kind
            when 'TIER' then progress.value >= tiers.threshold
            -- the last rung of a ladder within the last 180 days
            else
                progress.rolling_value >= tiers.threshold
                and not ladders.is_feat
                and tiers.threshold
                = ladders.thresholds[cardinality(ladders.thresholds)]
        end

)

select * from reached
{% if is_incremental() -%}
where
    not exists (
        select from {{ this }} as seen
        where
            seen.cluster_id = reached.cluster_id
            and seen.challenge_key = reached.challenge_key
            and seen.tier_code = reached.tier_code
            and seen.kind = reached.kind
            and seen.unlocked_at <= reached.unlocked_at
    )
{%- endif %}
