-- Progress is never negative.
select
    cluster_id,
    challenge_key,
    value,
    rolling_value

from {{ ref('challenge_progress') }}
where value < 0 or rolling_value < 0
