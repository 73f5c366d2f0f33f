-- Every unlock belongs to a challenge that exists, active or not.
select
    unlocks.cluster_id,
    unlocks.challenge_key,
    unlocks.tier_code

from {{ ref('tier_unlocks') }} as unlocks
left join {{ ref('challenges') }} as challenges
    on unlocks.challenge_key = challenges.key
where challenges.key is null
