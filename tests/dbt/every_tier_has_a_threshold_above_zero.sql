-- Every tier has a threshold above zero: a tier at zero is reached by every cluster.
select
    challenge_key,
    tier_code,
    threshold_value

from {{ ref('challenge_tiers') }}
where threshold_value <= 0 or threshold_value is null
