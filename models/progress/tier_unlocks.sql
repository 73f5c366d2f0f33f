{# When each cluster was first seen to have reached each tier. No row is deleted. #}
{#
   A tier stays unlocked when the value falls again. It is marked as revoked only when a
   wallet was verified by another player and the value without that wallet is below the
   threshold; the mark is removed when the cluster reaches the tier again.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='first_wins',
    unique_key=['cluster_id', 'challenge_key', 'tier_code', 'kind'],
) }}
-- A preview builds a plain table, which cannot read itself: there the model selects the
-- tiers that are reached. The relations of the other case are named for dbt's graph.
-- depends_on: {{ ref('wallet_moves') }}, {{ ref('challenge_tiers') }}
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
        progress.last_computed_at as unlocked_at,
        null::timestamptz as revoked_at

    from progress
    inner join {{ ref('challenge_ladders') }} as ladders
        on progress.challenge_key = ladders.challenge_key
    cross join
        lateral unnest(ladders.tier_codes, ladders.thresholds) as tiers (
            tier_code, threshold
        )
    cross join (values ('TIER'), ('FOUNDERS_MARK')) as kinds (kind)
    where
        -- most pairs have reached no tier: their ladders are not unnested
        ladders.thresholds[1] <= greatest(progress.value, progress.rolling_value)
        and case kinds.kind
            when 'TIER' then progress.value >= tiers.threshold
            -- the last tier of a ladder within the last 180 days
            else
                progress.rolling_value >= tiers.threshold
                and not ladders.is_feat
                and tiers.threshold
                = ladders.thresholds[cardinality(ladders.thresholds)]
        end

),

{% if model.config.materialized == 'incremental' -%}
newly_reached as (

    select * from reached
    where
        not exists (
            select from {{ this }} as seen
            where
                -- repeated: without it, the rows of all clusters are read for a few
                {{ in_scope('seen.cluster_id') }}
                and seen.cluster_id = reached.cluster_id
                and seen.challenge_key = reached.challenge_key
                and seen.tier_code = reached.tier_code
                and seen.kind = reached.kind
                and seen.unlocked_at <= reached.unlocked_at
                and coalesce(seen.revoked_at >= reached.unlocked_at, true)
        )

),

revoked as (

    select
        seen.cluster_id,
        seen.challenge_key,
        seen.tier_code,
        seen.kind,
        seen.unlocked_at,
        moves.moved_at as revoked_at

    from {{ ref('wallet_moves') }} as moves
    inner join {{ this }} as seen
        on
            moves.cluster_id = seen.cluster_id
            and moves.challenge_key = seen.challenge_key
            and moves.tier_code = seen.tier_code
            and moves.kind = seen.kind
            and moves.moved_at >= seen.unlocked_at
    inner join {{ ref('challenge_progress') }} as progress
        on
            moves.cluster_id = progress.cluster_id
            and moves.challenge_key = progress.challenge_key
            and moves.moved_at <= progress.last_computed_at
    inner join {{ ref('challenge_tiers') }} as tiers
        on
            moves.challenge_key = tiers.challenge_key
            and moves.tier_code = tiers.tier_code
    where
        {{ in_scope('moves.cluster_id') }}
        and seen.revoked_at is null
        and tiers.threshold_value > case moves.kind
            when 'TIER' then progress.value
            else progress.rolling_value
        end

),

tier_unlocks as (

    select * from newly_reached
    union all
    select * from revoked

)
{%- else -%}
tier_unlocks as (

    select * from reached

)
{%- endif %}

select * from tier_unlocks
