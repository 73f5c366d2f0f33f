-- The tier codes of a ladder are unique, and none of them is NONE.
select
    challenge_key,
    tier_code

from {{ ref('challenge_tiers') }}
group by challenge_key, tier_code
having count(*) > 1 or tier_code = 'NONE'
