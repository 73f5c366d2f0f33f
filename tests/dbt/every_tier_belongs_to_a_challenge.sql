-- Every tier belongs to a challenge that exists.
select
    tiers.challenge_key,
    tiers.tier_code

from {{ ref('challenge_tiers') }} as tiers
left join {{ ref('challenges') }} as challenges
    on tiers.challenge_key = challenges.key
where challenges.key is null
