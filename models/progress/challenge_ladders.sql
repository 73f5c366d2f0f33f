{# Live challenges with their ladders as arrays, lowest tier first. #}
{{ config(post_hook="{{ create_next_tier(this, ref('challenge_tiers')) }}") }}
select
    challenges.key as challenge_key,
    challenges.category_key,
    challenges.metric_source,
    challenges.metric_key,
    array_agg(tiers.threshold_value order by tiers.sort_order) as thresholds,
    array_agg(tiers.tier_code order by tiers.sort_order) as tier_codes,
    -- a feat has exactly one tier
    count(*) = 1 as is_feat

from {{ ref('challenges') }} as challenges
inner join {{ ref('challenge_tiers') }} as tiers
    on challenges.key = tiers.challenge_key
where
    challenges.state = 'live'
    and challenges.metric_source in (
        {%- for source in var('metric_sources') + var('derived_metric_sources') %}
        '{{ source }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
group by
    challenges.key,
    challenges.category_key,
    challenges.metric_source,
    challenges.metric_key
