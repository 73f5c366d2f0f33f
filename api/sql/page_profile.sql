-- How a cluster stands in every live challenge, in the order that is asked for: by
-- category, nearest to the next tier first, rarest tier first, latest unlock first, or
-- by name.
--
-- is_begun: there is a value, and a tier is left. share: of the way to the next tier.
-- is_near: at least three quarters of it. near_place: the place among those begun.
-- rare_share: the share of clusters that have reached the rarest tier that is unlocked,
-- null where no run has counted. is_rare: at most a twentieth of them.
with

challenges as (

    select
        challenges.key,
        challenges.name,
        unlocks.latest_unlock,
        rarest.tier_code as rare_tier,
        rarest.display_name as rare_name,
        rarest.share as rare_share,
        next_tier.tier_code is null as is_done,
        progress.value > 0 and next_tier.tier_code is not null as is_begun,
        greatest(progress.value, 0) / next_tier.threshold_value as share,
        row_number() over (order by categories.sort_order, challenges.sort_order)
            as place
    from analytics.challenge_progress as progress
    inner join analytics.challenges on progress.challenge_key = challenges.key
    inner join analytics.categories on challenges.category_key = categories.key
    left join
        lateral analytics.next_tier(progress.challenge_key, progress.value)
            as next_tier
        on true
    left join lateral (
        select max(coalesce(seen.reached_at, seen.unlocked_at)) as latest_unlock
        from analytics.tier_unlocks as seen
        where
            seen.cluster_id = progress.cluster_id
            and seen.challenge_key = progress.challenge_key
            and seen.kind = 'TIER'
            and seen.revoked_at is null
    ) as unlocks on true
    left join lateral (
        select
            rarity.tier_code,
            rarity.share,
            tiers.display_name
        from analytics.tier_unlocks as seen
        inner join app.tier_rarity as rarity
            on
                seen.challenge_key = rarity.challenge_key
                and seen.tier_code = rarity.tier_code
        inner join analytics.challenge_tiers as tiers
            on
                rarity.challenge_key = tiers.challenge_key
                and rarity.tier_code = tiers.tier_code
        where
            seen.cluster_id = progress.cluster_id
            and seen.challenge_key = progress.challenge_key
            and seen.kind = 'TIER'
            and seen.revoked_at is null
        order by rarity.share asc, tiers.sort_order desc
        limit 1
    ) as rarest on true
    where progress.cluster_id = %(cluster)s and challenges.state = 'live'

),

standings as (

    select
        challenges.*,
        challenges.is_begun and challenges.share >= 0.75 as is_near,
        coalesce(challenges.rare_share <= 0.05, false) as is_rare,
        case
            when challenges.is_begun
                then
                    row_number() over (
                        partition by challenges.is_begun
                        order by challenges.share desc, challenges.place asc
                    )
        end as near_place,
        case
            when challenges.rare_share is not null
                then
                    row_number() over (
                        order by
                            challenges.rare_share asc nulls last, challenges.place asc
                    )
        end as rare_place
    from challenges

)

select
    standings.key,
    standings.is_done,
    standings.is_begun,
    standings.is_near,
    standings.is_rare,
    standings.near_place,
    standings.rare_place,
    standings.rare_tier,
    standings.rare_name,
    standings.rare_share,
    standings.latest_unlock
from standings
order by
    case when %(sort)s = 'near' then standings.near_place end asc nulls last,
    case when %(sort)s = 'rare' then standings.rare_place end asc nulls last,
    case when %(sort)s = 'recent' then standings.latest_unlock end desc nulls last,
    case when %(sort)s = 'name' then standings.name end asc,
    standings.place asc
