-- A weight without a challenge would give nothing, and nobody would know.
select
    weights.season_id,
    weights.challenge_key

from {{ ref('season_weights') }} as weights
left join {{ ref('challenges') }} as challenges
    on weights.challenge_key = challenges.key
where challenges.key is null
