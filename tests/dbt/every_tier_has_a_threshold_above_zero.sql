-- Every tier has a threshold above zero: nothing is unlocked by doing nothing.
select
    challenge_key,
    tier_code,
    threshold_value

from {{ ref('challenge_tiers') }}
where threshold_value <= 0 or threshold_value is null
