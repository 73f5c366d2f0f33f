-- Every challenge has a tier.
select challenges.key

from {{ ref('challenges') }} as challenges
left join {{ ref('challenge_tiers') }} as tiers
    on challenges.key = tiers.challenge_key
where tiers.challenge_key is null
