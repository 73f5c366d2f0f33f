{# What clusters had reached when a wallet proved to be another's. A row per tier. #}
select
    cluster_id,
    challenge_key,
    tier_code,
    kind,
    max(moved_at) as moved_at

from {{ source('app', 'wallet_moves') }}
group by cluster_id, challenge_key, tier_code, kind
