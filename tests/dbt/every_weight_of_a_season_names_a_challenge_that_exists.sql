-- Every weight of a season names a challenge that exists; another would give no points.
select
    weights.season_id,
    weights.challenge_key

from {{ ref('season_weights') }} as weights
left join {{ ref('challenges') }} as challenges
    on weights.challenge_key = challenges.key
where challenges.key is null
