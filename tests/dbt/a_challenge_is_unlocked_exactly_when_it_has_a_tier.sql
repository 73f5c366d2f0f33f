-- A challenge is unlocked exactly when it has a tier other than NONE.
select
    cluster_id,
    challenge_key,
    tier,
    unlocked

from {{ ref('challenge_progress') }}
where unlocked != (tier != 'NONE')
