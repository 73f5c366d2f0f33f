{# Weights of kinds of pets and actions. One row per list and kind. #}
select
    code,
    value as kind,
    meaning::numeric as weight

from {{ ref('code_values') }}
where code in ('pet_rarity_weight', 'discord_kind_weight', 'seasonal_action_weight')
