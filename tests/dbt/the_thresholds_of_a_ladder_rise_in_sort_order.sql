-- The thresholds of a ladder rise in sort_order.
select
    lower_rungs.challenge_key,
    lower_rungs.tier_code,
    higher_rungs.tier_code as tier_code_above,
    lower_rungs.threshold_value,
    higher_rungs.threshold_value as threshold_value_above

from {{ ref('challenge_tiers') }} as lower_rungs
inner join {{ ref('challenge_tiers') }} as higher_rungs
    on
        lower_rungs.challenge_key = higher_rungs.challenge_key
        and lower_rungs.sort_order < higher_rungs.sort_order
where lower_rungs.threshold_value >= higher_rungs.threshold_value
