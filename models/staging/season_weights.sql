{# What a challenge's value is worth in a season. One row per season and challenge. #}
select
    season_id,
    challenge_code as challenge_key,
    weight

from {{ source('app', 'season_challenge_weights') }}
