-- The thresholds of a ladder rise in sort_order.
select
    lower_tiers.challenge_key,
    lower_tiers.tier_code,
    higher_tiers.tier_code as tier_code_above,
    lower_tiers.threshold_value,
    higher_tiers.threshold_value as threshold_value_above

from {{ ref('challenge_tiers') }} as lower_tiers
inner join {{ ref('challenge_tiers') }} as higher_tiers
    on
        lower_tiers.challenge_key = higher_tiers.challenge_key
        and lower_tiers.sort_order < higher_tiers.sort_order
where lower_tiers.threshold_value >= higher_tiers.threshold_value
