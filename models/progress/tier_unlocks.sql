{# When each cluster was first seen to have reached each tier. One row per unlock. #}
{#
   A tier stays unlocked when the value falls again. It is marked as revoked only where
   it proves to rest on nothing: a wallet was verified by another player, or facts were
   removed or changed, and the value without them is below the threshold. A tier that is
   reached again after that is a new row. So it is where an exclusion took it.

   Whether removed facts are the reason of a fall is known only of metrics that play
   cannot lower, and only if nothing else has lowered them before: the first run that
   finds the value below the tier decides, or records in fell_at that it fell for
   another reason.
#}
{{ config(
    materialized='incremental',
    incremental_strategy='first_wins',
    unique_key=['cluster_id', 'challenge_key', 'tier_code', 'kind', 'unlocked_at'],
) }}
-- A preview builds a plain table, which cannot read itself: there the model selects the
-- tiers that are reached. The relations of the other case are named for dbt's graph.
-- depends_on: {{ ref('wallet_moves') }}, {{ ref('challenge_tiers') }}
-- depends_on: {{ ref('challenges') }}, {{ ref('corrected_facts') }}
-- depends_on: {{ ref('current_run') }}, {{ ref('growing_metrics') }}
-- depends_on: {{ ref('metric_inputs') }}
with

progress as (

    select
        progress.*,
        greatest(progress.last_computed_at, verified.verified_to) as verified_to
    from {{ ref('challenge_progress') }} as progress
    left join {{ verified_rows(ref('challenge_progress'), 'progress') }}
    where {{ in_scope('progress.cluster_id') }}

),

reached as (

    select
        progress.cluster_id,
        progress.challenge_key,
        tiers.tier_code,
        kinds.kind,
        progress.verified_to as unlocked_at

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
unlocks as (

    select * from {{ this }}
    where
        -- repeated: without it, the rows of all clusters are read for a few
        {{ in_scope('cluster_id') }}
        and revoked_at is null
        -- of a challenge that is not computed, nothing is known that could change them
        and challenge_key in (
            select ladders.challenge_key from {{ ref('challenge_ladders') }} as ladders
        )

),

-- the tiers that are reached beside those that are unlocked
compared as (

    select
        unlocks.unlocked_at,
        unlocks.reached_at,
        unlocks.run_id,
        unlocks.definitions,
        unlocks.fell_at,
        reached.unlocked_at as reached_in_run,
        coalesce(reached.cluster_id, unlocks.cluster_id) as cluster_id,
        coalesce(reached.challenge_key, unlocks.challenge_key) as challenge_key,
        coalesce(reached.tier_code, unlocks.tier_code) as tier_code,
        coalesce(reached.kind, unlocks.kind) as kind,
        reached.unlocked_at is not null
        and reached.unlocked_at
        < coalesce(unlocks.unlocked_at, 'infinity') as is_new

    from reached
    full join unlocks
        on
            reached.cluster_id = unlocks.cluster_id
            and reached.challenge_key = unlocks.challenge_key
            and reached.tier_code = unlocks.tier_code
            and reached.kind = unlocks.kind
    where
        unlocks.unlocked_at is null
        or reached.unlocked_at is null
        or reached.unlocked_at < unlocks.unlocked_at
        or reached.unlocked_at > unlocks.fell_at

),

judged as (

    select
        compared.*,
        runs.run_id as current_run_id,
        runs.definitions as current_definitions,
        fallen.moved_at,
        case when fallen.is_lost then fallen.verified_to end as lost_at,
        -- nothing else has lowered the value since the last run over all changes
        fallen.is_lost
        and fallen.is_corrected
        and runs.has_same_definitions
        and coalesce(compared.fell_at > runs.previous_as_of, true)
            as rests_on_removed_facts,
        fallen.is_lost and fallen.is_excluded as is_excluded

    from compared
    left join {{ ref('current_run') }} as runs on true
    -- Of the few tiers that are unlocked and not reached. Because of the limit, the
    -- planner looks each of them up.
    left join
        lateral (
            select
                greatest(progress.last_computed_at, verified.verified_to)
                    as verified_to,
                -- of a tier within 180 days, too: it was reached within all time
                tiers.threshold_value > progress.value as is_lost,
                (
                    select moves.moved_at from {{ ref('wallet_moves') }} as moves
                    where
                        moves.cluster_id = compared.cluster_id
                        and moves.challenge_key = compared.challenge_key
                        and moves.tier_code = compared.tier_code
                        and moves.kind = compared.kind
                        and moves.moved_at >= compared.unlocked_at
                        and moves.moved_at
                        <= greatest(progress.last_computed_at, verified.verified_to)
                        and tiers.threshold_value > case compared.kind
                            when 'TIER' then progress.value
                            else progress.rolling_value
                        end
                ) as moved_at,
                exists(
                    select from {{ ref('corrected_facts') }} as corrections
                    inner join {{ ref('growing_metrics') }} as growing
                        on corrections.table_name = any(growing.raw_tables)
                    where
                        corrections.cluster_id = compared.cluster_id
                        and growing.metric_source = challenges.metric_source
                        and growing.metric_key = challenges.metric_key
                ) as is_corrected,
                app.is_excluded_from_metric(
                    compared.cluster_id,
                    challenges.metric_source,
                    challenges.metric_key,
                    -- null of a derived metric of which nobody says what it rests on
                    case
                        when
                            challenges.metric_source
                            = any({{ text_array(var('derived_metric_sources')) }})
                            then
                                nullif(
                                    array(
                                        select inputs.input_source
                                        from {{ ref('metric_inputs') }} as inputs
                                        where
                                            inputs.metric_source
                                            = challenges.metric_source
                                            and inputs.metric_key
                                            = challenges.metric_key
                                    ),
                                    '{}'
                                )
                        else '{}'
                    end
                ) as is_excluded
            from {{ ref('challenge_progress') }} as progress
            left join {{ verified_rows(ref('challenge_progress'), 'progress') }}
            inner join {{ ref('challenges') }} as challenges
                on progress.challenge_key = challenges.key
            inner join {{ ref('challenge_tiers') }} as tiers
                on progress.challenge_key = tiers.challenge_key
            where
                compared.reached_in_run is null
                and progress.cluster_id = compared.cluster_id
                and progress.challenge_key = compared.challenge_key
                and tiers.tier_code = compared.tier_code
            order by tiers.threshold_value
            limit 1
        ) as fallen
        on true

),

tier_unlocks as (

    select
        cluster_id,
        challenge_key,
        tier_code,
        kind,
        case when is_new then reached_in_run else unlocked_at end as unlocked_at,
        case when not is_new then reached_at end as reached_at,
        case when is_new then current_run_id else run_id end as run_id,
        case when is_new then current_definitions else definitions end as definitions,
        -- null where it is reached again
        case
            when moved_at is not null or rests_on_removed_facts or is_excluded
                then fell_at
            when reached_in_run is null then coalesce(fell_at, lost_at)
        end as fell_at,
        case
            when moved_at is not null then moved_at
            when rests_on_removed_facts or is_excluded then lost_at
        end as revoked_at,
        case
            when moved_at is not null then 'a wallet went to another account'
            when is_excluded then 'excluded'
            when rests_on_removed_facts then 'facts were removed or corrected'
        end as revoked_reason

    from judged
    where
        is_new
        or moved_at is not null
        or rests_on_removed_facts
        or is_excluded
        or (reached_in_run is not null and fell_at is not null)
        or (lost_at is not null and fell_at is null)

)
{%- else -%}
tier_unlocks as (

    select
        *,
        null::timestamptz as reached_at,
        null::bigint as run_id,
        null::text as definitions,
        null::timestamptz as fell_at,
        null::timestamptz as revoked_at,
        null::text as revoked_reason

    from reached

)
{%- endif %}

select * from tier_unlocks
