-- Every threshold is above zero, because every cluster has at least zero.
select
    challenge_key,
    tier_code,
    threshold_value

from {{ ref('challenge_tiers') }}
where threshold_value <= 0 or threshold_value is null
