-- Every live challenge of a cluster, in the order of the catalogue: value and tier, the
-- tier unlocks, the next tier. Each row has the version of the answer, which moves with
-- all that the answer shows. Where it is one of those that the caller holds (held),
-- there is one row without a challenge, and the rest is not computed; so it is where
-- the cluster has no progress, of which there is no version. PostgreSQL keeps the plan
-- for a session, as it would not if the cluster were one of an array.
with

-- Rows are read whole, so that no column can be forgotten.
versions as materialized (

    select
        case
            when of_cluster.progress is not null
                then
                    md5(row(
                        of_cluster.progress,
                        (
                            select bit_xor(hash_record_extended(unlocks, 0))
                            from analytics.tier_unlocks as unlocks
                            where unlocks.cluster_id = %(cluster)s
                        ),
                        (
                            select verified.verified_to
                            from app.progress_verified(%(cluster)s) as verified
                        ),
                        (
                            select bit_xor(hash_record_extended(challenges, 0))
                            from analytics.challenges
                        ),
                        (
                            select bit_xor(hash_record_extended(categories, 0))
                            from analytics.categories
                        ),
                        (
                            select bit_xor(hash_record_extended(tiers, 0))
                            from analytics.challenge_tiers as tiers
                        ),
                        (
                            select bit_xor(hash_record_extended(rarity, 0))
                            from app.tier_rarity as rarity
                        ),
                        (
                            select hash_record_extended(complete, 0)
                            from app.completeness as complete
                            where complete.season_id is null
                        )
                    )::text)
        end as answer_version
    from (
        select bit_xor(hash_record_extended(progress, 0)) as progress
        from analytics.challenge_progress as progress
        where progress.cluster_id = %(cluster)s
    ) as of_cluster

),

unlocks as (

    select
        reached.challenge_key,
        min(reached.unlocked_at) filter (where reached.kind = 'TIER') as unlocked_at,
        min(reached.unlocked_at) filter (where reached.kind = 'FOUNDERS_MARK')
            as founders_mark_at,
        (
            array_agg(reached.tier_code order by tiers.sort_order desc)
            filter (where reached.kind = 'TIER')
        )[1] as best_tier
    from analytics.tier_unlocks as reached
    inner join analytics.challenge_tiers as tiers
        on
            reached.challenge_key = tiers.challenge_key
            and reached.tier_code = tiers.tier_code
    where reached.cluster_id = %(cluster)s and reached.revoked_at is null
    group by reached.challenge_key

),

-- As analytics.next_tier finds it for one value, which would read all tiers for each
-- challenge.
next_tiers as (

    select distinct on (progress.challenge_key)
        progress.challenge_key,
        tiers.tier_code,
        tiers.threshold_value
    from analytics.challenge_progress as progress
    inner join analytics.challenge_tiers as tiers
        on
            progress.challenge_key = tiers.challenge_key
            and progress.value < tiers.threshold_value
    where progress.cluster_id = %(cluster)s
    order by progress.challenge_key, tiers.sort_order

),

progresses as (

    select
        progress.challenge_key,
        progress.value,
        progress.unlocked,
        progress.tier,
        rarity.share as reached_share,
        unlocks.unlocked_at,
        next_tier.tier_code as next_tier,
        next_tier.threshold_value as next_threshold,
        ahead.share as next_reached_share,
        progress.rolling_value,
        progress.rolling_tier,
        unlocks.founders_mark_at,
        progress.last_computed_at as unchanged_since,
        greatest(progress.last_computed_at, verified.verified_to) as as_of,
        -- what a run left out keeps its instant
        greatest(progress.last_computed_at, verified.verified_to)
        < max(greatest(progress.last_computed_at, verified.verified_to)) over ()
            as is_out_of_date,
        coalesce(unlocks.best_tier, progress.tier) as best_tier,
        row_number() over (order by categories.sort_order, challenges.sort_order)
            as place
    from analytics.challenge_progress as progress
    inner join analytics.challenges on progress.challenge_key = challenges.key
    inner join analytics.categories on challenges.category_key = categories.key
    left join app.progress_verified(%(cluster)s) as verified on true
    left join unlocks on progress.challenge_key = unlocks.challenge_key
    left join next_tiers as next_tier
        on progress.challenge_key = next_tier.challenge_key
    left join app.tier_rarity as rarity
        on
            progress.challenge_key = rarity.challenge_key
            and progress.tier = rarity.tier_code
    left join app.tier_rarity as ahead
        on
            progress.challenge_key = ahead.challenge_key
            and next_tier.tier_code = ahead.tier_code
    where
        progress.cluster_id = %(cluster)s
        and challenges.state = 'live'
        -- not of a row, so that nothing is read where it is false
        and (select versions.answer_version from versions) <> all(%(held)s::text[])

)

select
    progresses.*,
    versions.answer_version,
    -- once is enough
    case
        when progresses.place = 1
            then (
                select complete.chains from app.completeness as complete
                where complete.season_id is null
            )
    end as complete_to
from versions
left join progresses on true
order by progresses.place
