{# Tiers that clusters had reached when another player verified a wallet of theirs. #}
select
    cluster_id,
    challenge_key,
    tier_code,
    kind,
    max(moved_at) as moved_at

from {{ source('app', 'wallet_moves') }}
group by cluster_id, challenge_key, tier_code, kind
