-- Revokes the unlocks that undone definitions granted and the full run does not reach,
-- and returns how many. models/progress/tier_unlocks.sql says when a tier is reached.
with

-- in the order in which runs lock them
locked as materialized (

    select
        unlocks.cluster_id,
        unlocks.challenge_key,
        unlocks.tier_code,
        unlocks.kind,
        unlocks.unlocked_at
    from analytics.tier_unlocks as unlocks
    where
        unlocks.revoked_at is null
        and unlocks.run_id >= %(since_run)s
        and coalesce(unlocks.definitions, 'unknown') = any(%(undone)s)
        and not exists (
            select from analytics.challenge_progress as progress
            inner join analytics.challenge_tiers as tiers
                on progress.challenge_key = tiers.challenge_key
            where
                progress.cluster_id = unlocks.cluster_id
                and progress.challenge_key = unlocks.challenge_key
                and tiers.tier_code = unlocks.tier_code
                and tiers.threshold_value
                <= case unlocks.kind
                    when 'TIER' then progress.value
                    else progress.rolling_value
                end
        )
    order by
        unlocks.cluster_id, unlocks.challenge_key, unlocks.tier_code, unlocks.kind
    for update of unlocks

),

revoked as (

    update analytics.tier_unlocks as unlocks
    set
        revoked_at = runs.as_of,
        revoked_reason = 'the definitions that granted it were undone'
    from locked
    cross join app.etl_runs as runs
    where
        runs.run_id = %(full_run)s
        and unlocks.cluster_id = locked.cluster_id
        and unlocks.challenge_key = locked.challenge_key
        and unlocks.tier_code = locked.tier_code
        and unlocks.kind = locked.kind
        and unlocks.unlocked_at = locked.unlocked_at
    returning 1 as one

)

select count(*) from revoked
