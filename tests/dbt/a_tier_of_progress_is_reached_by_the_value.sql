-- The tier of a row of progress is one of the ladder that the value has reached.
select
    progress.cluster_id,
    progress.challenge_key,
    progress.tier,
    progress.value

from {{ ref('challenge_progress') }} as progress
left join {{ ref('challenge_tiers') }} as tiers
    on
        progress.challenge_key = tiers.challenge_key
        and progress.tier = tiers.tier_code
where
    progress.tier != 'NONE'
    and (tiers.tier_code is null or progress.value < tiers.threshold_value)
